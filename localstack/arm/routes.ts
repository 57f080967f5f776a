import { membersOf, patternOf } from "../server/path-pattern.ts";
import type { Work } from "./account.ts";
import type { CallKind, WindowKind } from "./limits/limits.ts";
import { restartGroup, startGroup, stopGroup } from "./operations/actions.ts";
import {
  getIdentity,
  getNetwork,
  getPermissions,
  getProvider,
  getResourceGroup,
  getSubnet,
  getSubscription,
} from "./operations/directory.ts";
import { deleteGroup, getGroup, listGroups, patchGroup } from "./operations/groups.ts";
import { getCapabilities, getOperation, getOperationResult, getUsages } from "./operations/locations.ts";
import { getLogs } from "./operations/logs.ts";
import { getMetrics } from "./operations/metrics.ts";
import { putGroup } from "./operations/put.ts";
import { attach, execute } from "./operations/streams.ts";

export interface Route {
  readonly method: string;
  readonly path: string;
  /** As faults and counts name it, after `arm:`. */
  readonly operation: string;
  /** The right that the caller's role must have; absent: none. */
  readonly action?: string;
  readonly kind: CallKind;
  readonly window?: WindowKind;
  readonly work: Work;
}

const subscription = "/subscriptions/{subscription}";
const provider = "providers/Microsoft.ContainerInstance";
const location = `${subscription}/${provider}/locations/{location}`;
const groups = `${subscription}/resourceGroups/{resourceGroup}/${provider}/containerGroups`;
const group = `${groups}/{name}`;
const container = `${group}/containers/{container}`;

const rights = "Microsoft.ContainerInstance";
const read = `${rights}/containerGroups/read`;
const write = `${rights}/containerGroups/write`;

function get(path: string, operation: string, action: string, work: Work): Route {
  return { method: "GET", path, operation, action, kind: "reads", work };
}

function post(path: string, operation: string, action: string, work: Work): Route {
  return { method: "POST", path, operation, action, kind: "writes", work };
}

const resourceGroup = `${subscription}/resourceGroups/{resourceGroup}`;
/** What groups are given may be in other resource groups, of which the stand-in knows no more. */
const others = `${subscription}/resourceGroups/{otherGroup}/providers`;
const network = `${others}/Microsoft.Network/virtualNetworks/{network}`;
const identity = `${others}/Microsoft.ManagedIdentity/userAssignedIdentities/{identity}`;

function getRights(scope: string): Route {
  const path = `${scope}/providers/Microsoft.Authorization/permissions`;
  return get(path, "GetPermissions", "Microsoft.Authorization/permissions/read", getPermissions);
}

/** Every call that the stand-in knows. Names of rights: Azure's page on the monitoring of container groups and azure-aci's. */
const routes: readonly Route[] = [
  {
    method: "PUT",
    path: group,
    operation: "PutContainerGroup",
    action: write,
    kind: "writes",
    window: "creates",
    work: putGroup,
  },
  get(group, "GetContainerGroup", read, getGroup),
  get(groups, "ListContainerGroups", read, listGroups),
  get(`${subscription}/${provider}/containerGroups`, "ListContainerGroups", read, listGroups),
  { method: "PATCH", path: group, operation: "PatchContainerGroup", action: write, kind: "writes", work: patchGroup },
  {
    method: "DELETE",
    path: group,
    operation: "DeleteContainerGroup",
    action: `${rights}/containerGroups/delete`,
    kind: "deletes",
    window: "deletes",
    work: deleteGroup,
  },
  post(`${group}/start`, "StartContainerGroup", `${rights}/containerGroups/start/action`, startGroup),
  post(`${group}/stop`, "StopContainerGroup", `${rights}/containerGroups/stop/action`, stopGroup),
  post(`${group}/restart`, "RestartContainerGroup", `${rights}/containerGroups/restart/action`, restartGroup),
  get(`${group}/providers/Microsoft.Insights/metrics`, "GetMetrics", "Microsoft.Insights/metrics/read", getMetrics),
  get(`${container}/logs`, "GetLogs", `${rights}/containerGroups/containers/logs/read`, getLogs),
  get(`${location}/usages`, "GetUsages", `${rights}/locations/usages/read`, getUsages),
  get(`${location}/capabilities`, "GetCapabilities", `${rights}/locations/capabilities/read`, getCapabilities),
  get(`${location}/operations/{id}`, "GetOperation", `${rights}/locations/operations/read`, getOperation),
  get(`${location}/operationresults/{id}`, "GetOperation", `${rights}/locations/operations/read`, getOperationResult),
  post(`${container}/exec`, "ExecuteCommand", `${rights}/containerGroups/containers/exec/action`, execute),
  post(`${container}/attach`, "Attach", `${rights}/containerGroups/containers/attach/action`, attach),
  get(subscription, "GetSubscription", "Microsoft.Resources/subscriptions/read", getSubscription),
  get(`${subscription}/${provider}`, "GetProvider", "Microsoft.Resources/subscriptions/providers/read", getProvider),
  get(resourceGroup, "GetResourceGroup", "Microsoft.Resources/subscriptions/resourceGroups/read", getResourceGroup),
  get(network, "GetNetwork", "Microsoft.Network/virtualNetworks/read", getNetwork),
  get(`${network}/subnets/{subnet}`, "GetSubnet", "Microsoft.Network/virtualNetworks/subnets/read", getSubnet),
  get(identity, "GetIdentity", "Microsoft.ManagedIdentity/userAssignedIdentities/read", getIdentity),
  ...[resourceGroup, `${network}/subnets/{subnet}`, identity].map(getRights),
];

const known = routes.map((route) => ({ route, pattern: patternOf(route.path, "i") }));

/** The route of a call with the parts of its path. */
export function routeOf(
  method: string,
  path: string,
): { readonly route: Route; readonly parts: Readonly<Record<string, string>> } | undefined {
  const found = known.find(({ route, pattern }) => route.method === method && pattern.test(path));
  return found && { route: found.route, parts: membersOf(found.pattern, path) };
}
