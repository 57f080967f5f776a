import type { HostPath } from "../../../providers/local/runtime/runtime.ts";
import type { LogStore } from "../../logs/store.ts";
import type { Scenario } from "../../scenario/schema.ts";
import { attach } from "../storage/attach.ts";
import { networkFiles } from "../storage/network-files.ts";
import { type Confided, confide, type Login } from "./confided.ts";
import type { TaskRecord } from "./record.ts";
import type { Surroundings } from "./surroundings.ts";
import { failedPull, type Verdict } from "./verdict.ts";

/** Where the output of a container goes; `undefined` when it goes nowhere. */
export function streamOf(record: TaskRecord, container: string): { group: string; name: string } | undefined {
  const definition = record.definition.containerDefinitions.find(({ name }) => name === container);
  const { "awslogs-group": group, "awslogs-stream-prefix": prefix } = definition?.logConfiguration?.options ?? {};
  return group === undefined || prefix === undefined
    ? undefined
    : { group, name: `${prefix}/${container}/${record.id}` };
}

/** What a task needs before its containers start. */
export interface Prepared {
  readonly confided: Confided;
  /** Folders of this machine that are volumes of it. */
  readonly hostPaths: readonly HostPath[];
  readonly networkFiles: HostPath | undefined;
}

/** All of that, or why it cannot be had. */
export function prepare(record: TaskRecord, around: Surroundings): Prepared | Verdict {
  const scenario = around.scenario.now;
  const confided = confide(record, scenario, around);
  if ("is" in confided) return confided;
  const trouble = startTrouble(record, scenario, around.logs, confided.logins);
  if (trouble !== undefined) return trouble;
  const hostPaths = attach(record, scenario, around.folders);
  if ("is" in hostPaths) return hostPaths;
  // A timetable has no files.
  const areShared = around.runtime.kind !== "scripted" && scenario.switches.networkFiles === "shared";
  return { confided, hostPaths, networkFiles: areShared ? networkFiles(record.id, around.folders) : undefined };
}

/** Why the containers of a task cannot start, before any runtime is asked: images of the scenario, log groups. */
function startTrouble(
  record: TaskRecord,
  scenario: Scenario,
  logs: LogStore,
  logins: Confided["logins"],
): Verdict | undefined {
  for (const { name, image } of record.definition.containerDefinitions) {
    const { pull: wanted, login } = scenario.images[image] ?? {};
    const pull = login === undefined || isSame(login, logins.get(name)) ? wanted : "denied";
    if (pull === "missing") return failedPull(name, image, "not found");
    if (pull === "limited") return failedPull(name, image, "toomanyrequests: You have reached your pull rate limit.");
    if (pull === "denied")
      return failedPull(
        name,
        image,
        "pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed",
      );
  }
  for (const { name, logConfiguration } of record.definition.containerDefinitions) {
    const stream = streamOf(record, name);
    if (stream === undefined) continue;
    if (logConfiguration?.options["awslogs-create-group"] === "true") logs.createGroup(stream.group);
    if (!logs.hasGroup(stream.group)) return missingGroup(name);
    logs.createStream(stream.group, stream.name);
  }
  return undefined;
}

function isSame(one: Login, other: Login | undefined): boolean {
  return one.username === other?.username && one.password === other.password;
}

function missingGroup(name: string): Verdict {
  const reason =
    "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to " +
    "create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist. : exit status 1";
  return { is: "stop", code: "TaskFailedToStart", reason, mark: { name, reason } };
}
