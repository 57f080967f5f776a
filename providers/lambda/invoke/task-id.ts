/**
 * The id of a task, for people and for whoever looks for its log: NAME:VERSION while Lambda has told no id of its own,
 * NAME:VERSION/REQUEST, NAME:VERSION/event/REQUEST, or the ARN of an execution,
 * `arn:…:function:NAME:VERSION/durable-execution/NAME/ID`. Pure.
 */

/** `name:version`, and Lambda's id of the invocation once it is known: by it people find its log. */
export function idOf(name: string, version: string, requestId: string): string {
  return requestId === "" ? `${name}:${version}` : `${name}:${version}/${requestId}`;
}

/** Of an event: the log of all its runs has this id, as far as Lambda gives them the same one. */
export const eventIdOf = (name: string, version: string, requestId: string): string =>
  requestId === "" ? idOf(name, version, "") : `${name}:${version}/event/${requestId}`;

/** Whoever may edit the pod may edit the id: any other text than a request's would find the log of somebody else. */
const durableId = /^(?<name>arn:[^/]*:function:[^:/]+):(?<version>[^/]+)\/durable-execution\/(?<execution>[^/]+)/;
const plainId =
  /^(?<name>.+):(?<version>[^:/]+)(?:(?<event>\/event)?\/(?<request>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}))?$/;

export interface IdParts {
  readonly name?: string;
  readonly version?: string;
  readonly execution?: string;
  readonly event?: string;
  readonly request?: string;
}

/** Of a task's id; without `name` it is none. */
export function partsOf(id: string): IdParts {
  return durableId.exec(id)?.groups ?? plainId.exec(id)?.groups ?? {};
}

const scheme = "lambda://";

/** As the pod's status has it; `undefined` while Lambda has told no id of what runs. */
export function containerIDOf(id: string): string | undefined {
  const { request, execution } = partsOf(id);
  return request === undefined && execution === undefined ? undefined : `${scheme}${id}`;
}

/** The other way round; empty of any other text. */
export const idOfContainer = (containerID: string): string =>
  containerID.startsWith(scheme) ? containerID.slice(scheme.length) : "";
