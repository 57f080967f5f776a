import type { Work } from "./account.ts";
import type { CallKind, WindowKind } from "./limits/limits.ts";
import { restartGroup, startGroup, stopGroup } from "./operations/actions.ts";
import { deleteGroup, getGroup, listGroups, patchGroup } from "./operations/groups.ts";
import { getCapabilities, getOperation, getOperationResult, getUsages } from "./operations/locations.ts";
import { getLogs } from "./operations/logs.ts";
import { putGroup } from "./operations/put.ts";

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
  get(`${container}/logs`, "GetLogs", `${rights}/containerGroups/containers/logs/read`, getLogs),
  get(`${location}/usages`, "GetUsages", `${rights}/locations/usages/read`, getUsages),
  get(`${location}/capabilities`, "GetCapabilities", `${rights}/locations/capabilities/read`, getCapabilities),
  get(`${location}/operations/{id}`, "GetOperation", `${rights}/locations/operations/read`, getOperation),
  get(`${location}/operationresults/{id}`, "GetOperation", `${rights}/locations/operations/read`, getOperationResult),
];

/** The route of a call with the parts of its path; fixed parts in whatever case. */
export function routeOf(
  method: string,
  path: string,
): { readonly route: Route; readonly parts: Readonly<Record<string, string>> } | undefined {
  const words = path.split("/");
  for (const route of routes) {
    const pattern = route.path.split("/");
    if (route.method !== method || pattern.length !== words.length) continue;
    const parts: Record<string, string> = {};
    const fits = pattern.every((word, index) => {
      const found = words[index] ?? "";
      const name = /^\{(\w+)\}$/.exec(word)?.[1];
      if (name === undefined) return word.toLowerCase() === found.toLowerCase();
      parts[name] = decodeURIComponent(found);
      return found !== "";
    });
    if (fits) return { route, parts };
  }
  return undefined;
}
