import { azureActions as may } from "../scenario/azure-actions.ts";
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
  return get(path, "GetPermissions", may.readRights, getPermissions);
}

/** Every call that the stand-in knows. */
const routes: readonly Route[] = [
  {
    method: "PUT",
    path: group,
    operation: "PutContainerGroup",
    action: may.writeGroups,
    kind: "writes",
    window: "creates",
    work: putGroup,
  },
  get(group, "GetContainerGroup", may.readGroups, getGroup),
  get(groups, "ListContainerGroups", may.readGroups, listGroups),
  get(`${subscription}/${provider}/containerGroups`, "ListContainerGroups", may.readGroups, listGroups),
  {
    method: "PATCH",
    path: group,
    operation: "PatchContainerGroup",
    action: may.writeGroups,
    kind: "writes",
    work: patchGroup,
  },
  {
    method: "DELETE",
    path: group,
    operation: "DeleteContainerGroup",
    action: may.deleteGroups,
    kind: "deletes",
    window: "deletes",
    work: deleteGroup,
  },
  post(`${group}/start`, "StartContainerGroup", may.startGroups, startGroup),
  post(`${group}/stop`, "StopContainerGroup", may.stopGroups, stopGroup),
  post(`${group}/restart`, "RestartContainerGroup", may.restartGroups, restartGroup),
  get(`${group}/providers/Microsoft.Insights/metrics`, "GetMetrics", may.readMetrics, getMetrics),
  get(`${container}/logs`, "GetLogs", may.readLogs, getLogs),
  get(`${location}/usages`, "GetUsages", may.readUsages, getUsages),
  get(`${location}/capabilities`, "GetCapabilities", may.readCapabilities, getCapabilities),
  get(`${location}/operations/{id}`, "GetOperation", may.readOperations, getOperation),
  get(`${location}/operationresults/{id}`, "GetOperation", may.readOperations, getOperationResult),
  post(`${container}/exec`, "ExecuteCommand", may.execute, execute),
  post(`${container}/attach`, "Attach", may.attach, attach),
  get(subscription, "GetSubscription", may.readSubscription, getSubscription),
  get(`${subscription}/${provider}`, "GetProvider", may.readProvider, getProvider),
  get(resourceGroup, "GetResourceGroup", may.readResourceGroup, getResourceGroup),
  get(network, "GetNetwork", may.readNetwork, getNetwork),
  get(`${network}/subnets/{subnet}`, "GetSubnet", may.readSubnet, getSubnet),
  get(identity, "GetIdentity", may.readIdentity, getIdentity),
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
