import type { LogStore } from "../../logs/store.ts";
import type { Scenario } from "../../scenario/schema.ts";
import type { Confided, Login } from "./confided.ts";
import type { TaskRecord } from "./record.ts";
import { failedPull, type Verdict } from "./verdict.ts";

/** Where the output of a container goes; `undefined` when it goes nowhere. */
export function streamOf(record: TaskRecord, container: string): { group: string; name: string } | undefined {
  const definition = record.definition.containerDefinitions.find(({ name }) => name === container);
  const { "awslogs-group": group, "awslogs-stream-prefix": prefix } = definition?.logConfiguration?.options ?? {};
  return group === undefined || prefix === undefined
    ? undefined
    : { group, name: `${prefix}/${container}/${record.id}` };
}

/** Why the containers of a task cannot start, before any runtime is asked: images of the scenario, log groups. */
export function startTrouble(
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
