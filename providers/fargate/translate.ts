import type { ContainerOverride, TaskOverride } from "@aws-sdk/client-ecs";
import {
  supportFindings,
  type Refusal,
  type ResolvedPod,
  type SupportRow,
  type Translation,
} from "../../src/provider.ts";
import type { FargateRequest, TaskTemplate } from "./request.ts";
import { type Need, needOf, shareOf } from "./size/need.ts";
import { marketPricesOf, type Prices, pricesOf } from "./size/prices.ts";
import {
  cheapestSize,
  freeStorage,
  hourlyUsd,
  mostStorage,
  provisionedText,
  type Size,
  smallestSize,
} from "./size/sizes.ts";
import { storageRefusals, volumeConfigurations } from "./storage/storage.ts";
import { budgetRefusals, fits, fitsVariables } from "./translate/budgets.ts";
import { type Injected, injectedName, injectedOf } from "./files/injected.ts";
import { storeOf } from "./secrets/stores/traits.ts";
import { type Confided, confidedOf } from "./secrets/variables.ts";
import { containerDefinitions, environmentOf } from "./translate/containers.ts";
import type { TranslateContext } from "./translate/context.ts";
import { type Width, wordsAndVariables } from "./translate/environment.ts";
import { type Placed, placedOf } from "./translate/placement.ts";
import { templateOf } from "./translate/template.ts";
import { valueRefusals } from "./translate/values.ts";
import { isPrepared, taskVolumes } from "./translate/volumes.ts";

/** The task for this pod, or every reason why there can be none. `rows`: the support table of this node. */
export function translate(
  pod: ResolvedPod,
  rows: readonly SupportRow[],
  context: TranslateContext,
): Translation<FargateRequest> {
  const need = needOf(pod);
  const prices = pricesOf(context.config);
  const size = cheapestSize(need, prices) ?? smallestSize;
  const placed = placedOf(pod, context);
  const parts = {
    pod,
    context,
    placed,
    size,
    storage: need.storage,
    confided: confidedOf(pod, storeOf(context.config)),
  };
  const { request, injected } = fittingOf(parts);
  const refusals = [
    ...supportFindings(pod.pod, rows, "refused"),
    ...valueRefusals(pod),
    ...placed.refusals,
    ...storageRefusals(pod, context, placed.taskRoleArn ?? context.config.taskRoleArn),
    ...sizeRefusals(need, prices),
    ...budgetRefusals(pod, request, injected, storeOf(context.config), context.config.files.bucket !== undefined),
  ];
  if (refusals.length > 0) return { refusals };
  // Of the place that is asked first: what the task really has and costs is told once it is there.
  const market = placed.placement.places[0]?.market ?? "on-demand";
  const own = marketPricesOf(context.config)[market];
  return {
    refusals: [],
    request,
    provisioned: provisionedText(size, need.storage, market),
    ...(own !== undefined && { hourlyUsd: hourlyUsd(size, need.storage, own) }),
  };
}

interface Parts {
  readonly pod: ResolvedPod;
  readonly context: TranslateContext;
  readonly placed: Placed;
  readonly size: Size;
  /** GiB. */
  readonly storage: number;
  readonly confided: Confided;
}

/** Nothing that fits an override is in the definition, and nothing that fits the definition is stored. */
function fittingOf(parts: Parts): { readonly request: FargateRequest; readonly injected: Injected | undefined } {
  const inPlace = injectedFor(parts, "wide");
  const wide = requestOf(parts, inPlace, "wide");
  if (fits(wide, "wide")) return { request: wide, injected: inPlace };
  const narrow = requestOf(parts, inPlace, "narrow");
  if (fits(narrow, "narrow") || inPlace === undefined) return { request: narrow, injected: inPlace };
  const stored = injectedFor(parts, "stored");
  if (parts.context.config.files.bucket === undefined || (stored !== undefined && fitsVariables(parts.pod, stored)))
    return { request: requestOf(parts, stored, "stored"), injected: stored };
  const object = injectedFor(parts, "object");
  return { request: requestOf(parts, object, "object"), injected: object };
}

function injectedFor({ pod, context }: Parts, width: Width): Injected | undefined {
  return injectedOf(pod, {
    image: context.config.helperImage,
    isOnDisk: isPrepared(pod),
    plain: width === "stored" || width === "object" ? width : "variables",
    mostStored: storeOf(context.config).most,
  });
}

function requestOf(parts: Parts, injected: Injected | undefined, width: Width): FargateRequest {
  return {
    definition: templateOf(contentOf(parts, injected, width)),
    secrets: [...parts.confided.stored, ...(injected?.stored ?? [])],
    overrides: overridesOf(parts, injected, width),
    placement: parts.placed.placement,
    tags: tagsOf(parts.pod),
    volumes: volumeConfigurations(parts.pod, parts.context, tagsOf(parts.pod)),
    // Without a role for the agent to connect by, ECS does not start the task at all.
    exec: parts.context.config.exec && (parts.placed.taskRoleArn ?? parts.context.config.taskRoleArn) !== undefined,
    vcpu: parts.size.cpu / 1024,
  };
}

function contentOf(
  { pod, context, placed, confided }: Parts,
  injected: Injected | undefined,
  width: Width,
): TaskTemplate["content"] {
  const { config } = context;
  const volumes = taskVolumes(pod);
  return {
    networkMode: "awsvpc",
    requiresCompatibilities: ["FARGATE"],
    runtimePlatform: {
      cpuArchitecture: config.architecture === "arm64" ? "ARM64" : "X86_64",
      operatingSystemFamily: "LINUX",
    },
    // Each launch says its own.
    cpu: String(smallestSize.cpu),
    memory: String(smallestSize.memory),
    executionRoleArn: config.executionRoleArn ?? placed.executionRoleArn,
    ...(config.taskRoleArn !== undefined && { taskRoleArn: config.taskRoleArn }),
    ...(pod.pod.spec?.shareProcessNamespace === true && { pidMode: "task" }),
    ...(volumes.length > 0 && { volumes }),
    containerDefinitions: containerDefinitions({ pod, context, injected, confided }, width),
  };
}

function overridesOf(
  { pod, context, placed, size, storage }: Parts,
  injected: Injected | undefined,
  width: Width,
): TaskOverride {
  const { taskRoleArn, executionRoleArn } = placed;
  const files = injected === undefined ? [] : [...(width === "wide" ? injected.shared : []), ...injected.own];
  const first = environmentOf(files);
  return {
    cpu: String(size.cpu),
    memory: String(size.memory),
    ...(storage > freeStorage && { ephemeralStorage: { sizeInGiB: storage } }),
    ...(taskRoleArn !== undefined && taskRoleArn !== context.config.taskRoleArn && { taskRoleArn }),
    ...(executionRoleArn !== undefined && executionRoleArn !== context.config.executionRoleArn && { executionRoleArn }),
    containerOverrides: [
      ...pod.containers.map((container): ContainerOverride => ({
        name: container.name,
        ...wordsAndVariables(pod, container, width).own,
        ...shareOf(container),
      })),
      ...(first.environment === undefined ? [] : [{ name: injectedName, ...first }]),
    ],
  };
}

function sizeRefusals({ cpu, memory, storage }: Need, prices: Prices): Refusal[] {
  const disk = `The pod asks for ${storage} GiB of ephemeral storage, and a task has at most ${mostStorage}.`;
  const machine =
    `The pod asks for ${cpu / 1024} vCPU and ${Math.ceil(memory)} MiB of memory, and no task of Fargate has as much: ` +
    "the largest have 32 vCPU and 244 GB. Ask for less, or make several pods of it.";
  return [
    ...(cheapestSize({ cpu, memory }, prices) === undefined
      ? [{ path: "spec.containers[].resources", sentence: machine }]
      : []),
    ...(storage > mostStorage ? [{ path: "spec.containers[].resources", sentence: disk }] : []),
  ];
}

/** Room for burstlet's own tags; a task has at most 50. */
const mostLabels = 40;

/** The pod's labels are tags too, for cost reports. */
function tagsOf({ labels, name, namespace }: ResolvedPod): FargateRequest["tags"] {
  const own = { "burstlet.dev/pod": name, "burstlet.dev/namespace": namespace };
  const others = Object.entries(labels)
    .filter(([key]) => !key.startsWith("burstlet.dev/") && key.length <= 128)
    .slice(0, mostLabels);
  return [...others, ...Object.entries(own)].map(([key, value]) => ({ key, value }));
}
