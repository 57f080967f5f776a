import type { RunTaskCommandInput, Task, TaskDefinition, TaskOverride } from "@aws-sdk/client-ecs";
import { type Launch, type Log, ProviderError, type TaskState } from "../../../src/provider.ts";
import { conflictingTasks } from "../../aws/errors.ts";
import type { EcsClient } from "../client.ts";
import { injectedName } from "../files/injected.ts";
import { linkVariable } from "../files/script.ts";
import { type Owner, ownerTags, startedBy } from "../identity.ts";
import { type Market, spotProvider } from "../market.ts";
import type { FargateRequest, Place } from "../request.ts";
import { vcpuQuotas } from "../../aws/quotas.ts";
import { readsOf, withArns } from "../secrets/references.ts";
import type { Vault } from "../secrets/vault.ts";
import type { Definitions } from "./definitions.ts";
import type { Places } from "./places.ts";

export interface LaunchOptions {
  readonly client: Pick<EcsClient, "runTask" | "describeTasks">;
  readonly definitions: Definitions;
  readonly vault: Pick<Vault, "ensure">;
  /** A link by which a task fetches the object of this ARN. */
  readonly link: (arn: string) => Promise<string>;
  readonly owner: Owner;
  /** Name of the cluster. */
  readonly cluster: string;
  /** What ECS has answered: its picture for the core, and from now on it is watched. */
  readonly launched: (task: Task, definition: TaskDefinition) => TaskState | undefined;
  readonly places: Pick<Places, "startOf">;
  /** The account's quota of vCPUs of this market is used up. */
  readonly exhausted: (market: Market) => void;
  readonly log: Log;
}

/** As Provider.launch. */
export function createLaunch(
  options: LaunchOptions,
): (launch: Launch<FargateRequest>, signal: AbortSignal) => Promise<TaskState> {
  const { client, definitions, vault, owner, launched, places } = options;
  return async (launch, signal) => {
    const { request } = launch;
    const arns = await vault.ensure(request.secrets);
    const template = withArns(request.definition, arns);
    const definition = await definitions.ensure(template);
    signal.throwIfAborted();
    const { place, others } = placesOfTry(launch, places.startOf(launch));
    let task: Task;
    try {
      const overrides = await withLinks(request, arns, options.link);
      const linked = { ...launch, request: { ...request, overrides } };
      const input = runTaskInput(linked, place, definition.taskDefinitionArn ?? template.family, owner);
      task = await client.runTask(input, signal, readsOf(template));
    } catch (error) {
      const present = await adopted(error, launch, options, signal);
      if (present === undefined) {
        if ((error as ProviderError).kind === "notFound") definitions.forget(template.family);
        throw explained(error as ProviderError, launch, { place, others }, options);
      }
      task = present;
    }
    const state = launched(task, definition);
    if (state !== undefined) return state;
    throw new ProviderError(
      "unknown",
      "ForeignTask",
      `ECS answered with task ${task.taskArn}, which says that ${task.startedBy ?? "nobody"} started it`,
    );
  };
}

interface PlacesOfTry {
  readonly place: Place;
  /** Those of the tries after it, until it would be its turn again. */
  readonly others: readonly Place[];
}

/** Pure. The next try goes to the next place, from `start` on and around. */
export function placesOfTry({ request, tryNumber }: Launch<FargateRequest>, start: number): PlacesOfTry {
  const { places } = request.placement;
  const at = (index: number): Place => {
    const place = places[(start + index) % places.length];
    if (place === undefined) throw new RangeError("a request has a place, and tries count from 1");
    return place;
  };
  return { place: at(tryNumber - 1), others: places.slice(1).map((_, later) => at(tryNumber + later)) };
}

/** What lacks where, and what is done about it: the words of the pod's event. */
function explained(
  error: ProviderError,
  { request }: Launch<FargateRequest>,
  { place, others }: PlacesOfTry,
  { cluster, exhausted, log }: LaunchOptions,
): ProviderError {
  const { kind, reason } = error;
  if (reason === "CapacityProviderMissing") {
    const fix = `cluster ${cluster} needs the capacity provider ${spotProvider}, by aws ecs put-cluster-capacity-providers, which replaces what the cluster has (aws ecs describe-clusters --clusters ${cluster}): name that too`;
    return advised(error, fix);
  }
  if (kind !== "noCapacity") return error;
  log.info("no capacity", { ...place, reason });
  const isQuota = reason === "VcpuQuotaExceeded";
  if (isQuota) exhausted(place.market);
  const quotaAdvice = `this task takes ${request.vcpu} vCPU and starts when so many are free; quota ${vcpuQuotas[place.market].code} of Service Quotas can be raised`;
  const advice = [...(isQuota ? [quotaAdvice] : []), wayOf(place, others)];
  return advised(error, advice.join("; "));
}

function advised(error: ProviderError, advice: string): ProviderError {
  const { kind, reason, message } = error;
  return new ProviderError(kind, reason, `${message.replace(/\.$/, "")}: ${advice}`, { cause: error });
}

/** Places that are named: a subnet in each zone, and both markets. */
const mostNamed = 4;

/** Where a try has been, and where those after it go: one event tells of all of them. */
function wayOf(place: Place, others: readonly Place[]): string {
  const words = ({ market, subnet }: Place): string => `${market} in ${subnet}`;
  const more = others.length > mostNamed ? " and so on" : "";
  const next = others.slice(0, mostNamed).map(words).join(", ");
  return `asked for ${words(place)}${next === "" ? "" : `, next for ${next}${more}`}`;
}

/** Links are good for an hour, so each launch has its own. */
async function withLinks(
  { secrets, overrides }: FargateRequest,
  arns: ReadonlyMap<string, string>,
  link: LaunchOptions["link"],
): Promise<TaskOverride> {
  const [object] = secrets.filter(({ is }) => is === "object");
  const arn = object && arns.get(object.ref);
  if (arn === undefined) return overrides;
  const variable = { name: linkVariable, value: await link(arn) };
  const { containerOverrides = [] } = overrides;
  const own = containerOverrides.find(({ name }) => name === injectedName);
  const environment = [...(own?.environment ?? []), variable];
  return {
    ...overrides,
    containerOverrides: [
      ...containerOverrides.filter((one) => one !== own),
      { ...own, name: injectedName, environment },
    ],
  };
}

/** Pure. One task, one pod. */
export function runTaskInput(
  { identity, token, request }: Launch<FargateRequest>,
  { market, subnet }: Place,
  taskDefinition: string,
  owner: Owner,
): Omit<RunTaskCommandInput, "cluster"> {
  const { overrides, placement, volumes, tags, exec } = request;
  const { securityGroups, assignPublicIp, platformVersion } = placement;
  const ours = ownerTags(owner);
  return {
    taskDefinition,
    count: 1,
    // ECS takes one of the two; a weight that is left out is 0, which places nothing.
    ...(market === "spot"
      ? { capacityProviderStrategy: [{ capacityProvider: spotProvider, weight: 1 }] }
      : { launchType: "FARGATE" }),
    platformVersion,
    clientToken: token,
    startedBy: startedBy(identity, owner.nodeName),
    ...(exec && { enableExecuteCommand: true }),
    networkConfiguration: {
      awsvpcConfiguration: {
        subnets: [subnet],
        ...(securityGroups.length > 0 && { securityGroups: [...securityGroups] }),
        assignPublicIp: assignPublicIp ? "ENABLED" : "DISABLED",
      },
    },
    ...(volumes.length > 0 && { volumeConfigurations: [...volumes] }),
    overrides,
    tags: [...tags.filter(({ key }) => !ours.some((one) => one.key === key)), ...ours],
  };
}

/**
 * The token has started a task before, with other parameters: the pod was translated differently since, by a newer burstlet
 * say. That task is the one. `undefined`: the error is none of that, or ECS does not find the task yet.
 */
async function adopted(
  error: unknown,
  { identity }: Launch<FargateRequest>,
  { client, owner, log }: LaunchOptions,
  signal: AbortSignal,
): Promise<Task | undefined> {
  const arns = conflictingTasks(error);
  if (arns.length === 0) return undefined;
  const mark = startedBy(identity, owner.nodeName);
  const { tasks } = await client.describeTasks(arns.slice(0, 100), signal);
  const task = tasks.find((one) => one.startedBy === mark);
  if (task !== undefined) log.info("task of an earlier launch adopted", { task: task.taskArn });
  return task;
}
