import { ApiError } from "../../server/service.ts";
import type { EcsAccount } from "../account.ts";
import type { Cluster } from "../clusters.ts";
import type { TaskDefinition } from "../input/definition.ts";
import { read } from "../input/read.ts";
import { type RunTaskInput, runTaskInput } from "../input/run-task.ts";
import { marketOf } from "../market.ts";
import { place, type Placement } from "../placement.ts";
import type { RememberedLaunch } from "../tokens.ts";
import { taskPicture } from "../task/picture.ts";
import type { TaskRecord } from "../task/record.ts";
import type { TaskLife } from "../task/life.ts";
import { checkRunTask } from "../rules/run-task.ts";

/** RunTask: checks everything, then starts `count` tasks, or tells those that the token has started before. */
export function runTask(account: EcsAccount, input: unknown): object {
  const request = read(runTaskInput, input, "RunTask");
  const cluster = account.clusters.get(request.cluster);
  const definition = definitionOf(account, request.taskDefinition);
  const known = request.clientToken === undefined ? undefined : account.tokens.find(cluster.name, request.clientToken);
  const parameters = parametersOf(request, cluster, definition);
  if (known !== undefined) return repeated(account, request, known, parameters);
  const size = checkRunTask(request, { cluster, definition }, account.scenario.now);
  account.buckets.launch(request.count, marketOf(request));
  const launched: TaskLife[] = [];
  for (let left = request.count; left > 0; left--) {
    const placement = placed(account, request, size.cpu);
    if (placement.is === "no room") {
      if (launched.length > 0) break;
      return failure(account, request, definition, placement);
    }
    const { position, doom } = placement;
    launched.push(account.tasks.launch({ cluster, definition, request, size, position, doom }));
  }
  const tasks = launched.map(({ record }) => record);
  for (const task of tasks) write(account, request, task, "launched");
  if (request.clientToken !== undefined)
    account.tokens.remember(cluster.name, request.clientToken, { parameters, tasks });
  return { tasks: tasks.map((task) => taskPicture(task, true)), failures: [] };
}

function definitionOf({ definitions }: EcsAccount, name: string): TaskDefinition {
  const definition = definitions.find(name)?.definition;
  if (definition === undefined) throw new ApiError("ClientException", "TaskDefinition not found.");
  if (definition.status !== "ACTIVE") throw new ApiError("ClientException", "TaskDefinition is inactive");
  return definition;
}

/** Two requests are the same when they ask for the same, however they name the cluster and the definition. */
function parametersOf(request: RunTaskInput, cluster: Cluster, { taskDefinitionArn }: TaskDefinition): string {
  return JSON.stringify({ ...request, clientToken: "", cluster: cluster.arn, taskDefinition: taskDefinitionArn });
}

function repeated(account: EcsAccount, request: RunTaskInput, known: RememberedLaunch, parameters: string): object {
  const [first] = known.tasks;
  if (parameters !== known.parameters) {
    if (first !== undefined) write(account, request, first, "conflict");
    const message = "The client token has been used with other parameters.";
    throw new ApiError("ConflictException", message, 400, {
      members: { resourceIds: known.tasks.map(({ arn }) => arn) },
    });
  }
  if (first !== undefined) write(account, request, first, "repeated");
  return { tasks: known.tasks.map((task) => taskPicture(task, true)), failures: [] };
}

type Placed = Placement & { readonly doom?: string };

/** Where the task goes; without capacity it may be that one starts only to stop at once. */
function placed({ tasks, scenario }: EcsAccount, request: RunTaskInput, cpu: number): Placed {
  const subnets = request.networkConfiguration?.awsvpcConfiguration?.subnets ?? [];
  const live: TaskRecord[] = [];
  for (const { record } of tasks.all) if (record.lastStatus !== "STOPPED") live.push(record);
  const placement = place(subnets, { cpu, market: marketOf(request) }, live, scenario.now);
  const [first] = subnets;
  const subnet = scenario.now.subnets.find(({ id }) => id === first);
  if (placement.is === "placed" || placement.why === "quota" || subnet === undefined) return placement;
  if (scenario.now.switches.capacityAnswer !== "stopped") return placement;
  const position = { subnet: subnet.id, zone: subnet.availabilityZone };
  return { is: "placed", position, doom: placement.sentence };
}

/** Whether these are answers with failures[] or exceptions nobody has seen for certain: a switch for each. */
function failure(
  account: EcsAccount,
  request: RunTaskInput,
  definition: TaskDefinition,
  { why, sentence }: Extract<Placement, { is: "no room" }>,
): object {
  const { quotaAnswer, capacityAnswer } = account.scenario.now.switches;
  account.ledger.write({
    at: account.clock.now(),
    event: "launch",
    outcome: "failure",
    taskArn: "",
    taskDefinitionArn: definition.taskDefinitionArn,
    startedBy: request.startedBy ?? "",
    clientToken: request.clientToken ?? "",
    subnet: request.networkConfiguration?.awsvpcConfiguration?.subnets.join(" ") ?? "",
    market: marketOf(request),
    reason: sentence,
  });
  const answer = why === "quota" ? quotaAnswer : capacityAnswer;
  if (answer === "exception") throw new ApiError("ClientException", sentence);
  return { tasks: [], failures: [{ arn: definition.taskDefinitionArn, reason: sentence }] };
}

function write(
  { ledger, clock }: EcsAccount,
  request: RunTaskInput,
  task: TaskRecord,
  outcome: "launched" | "repeated" | "conflict",
): void {
  ledger.write({
    at: clock.now(),
    event: "launch",
    outcome,
    taskArn: task.arn,
    taskDefinitionArn: task.definition.taskDefinitionArn,
    startedBy: request.startedBy ?? "",
    clientToken: request.clientToken ?? "",
    subnet: task.subnet,
    market: marketOf(request),
  });
}
