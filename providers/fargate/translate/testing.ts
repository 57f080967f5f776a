/** Translations under test: of pods as the API server hands them out, on a node of `context`. */
import type { ContainerDefinition } from "@aws-sdk/client-ecs";
import { resolvedPod, type World } from "../../../test/support/resolve-sources.ts";
import type { Pod, Translation } from "../../../src/provider.ts";
import { configSchema, type FargateConfig } from "../config.ts";
import type { FargateRequest } from "../request.ts";
import { storage } from "../storage/storage.ts";
import { supportRows } from "../support.ts";
import { translate } from "../translate.ts";
import type { TranslateContext } from "./context.ts";

export const executionRole = "arn:aws:iam::123456789012:role/execution";

function configOf(change: Record<string, unknown> = {}): FargateConfig {
  return configSchema.parse({ subnets: ["subnet-a", "subnet-b"], executionRoleArn: executionRole, ...change });
}

export interface Options {
  readonly config?: Record<string, unknown>;
  readonly context?: Partial<TranslateContext>;
  readonly world?: World;
  /** Containers that have completed in an earlier attempt. */
  readonly omit?: readonly string[];
}

export async function translated(pod: Pod, options: Options = {}): Promise<Translation<FargateRequest>> {
  const config = configOf(options.config);
  const context = { config, region: "eu-central-1", network: "none", grants: [], ...options.context } as const;
  const rows = supportRows({ network: context.network, readiness: config.readiness, exec: config.exec });
  const resolved = await resolvedPod(pod, options.world, { storage });
  const containers = resolved.containers.filter(({ name }) => !(options.omit ?? []).includes(name));
  return translate({ ...resolved, containers }, rows, context);
}

/** The request of a pod that must not be refused. */
export async function requestOf(pod: Pod, options: Options = {}): Promise<FargateRequest> {
  const { request, refusals } = await translated(pod, options);
  if (request === undefined) throw new Error(refusals.map(({ path, sentence }) => `${path}: ${sentence}`).join("\n"));
  return request;
}

/** `path: sentence` of each. */
export async function refusalsOf(pod: Pod, options: Options = {}): Promise<string[]> {
  return (await translated(pod, options)).refusals.map(({ path, sentence }) => `${path}: ${sentence}`);
}

export function definitionsOf({ definition }: FargateRequest): ReadonlyMap<string, ContainerDefinition> {
  return new Map((definition.content.containerDefinitions ?? []).map((one) => [one.name ?? "", one]));
}

/** The definition of the container `main`. */
export async function mainOf(pod: Pod, options: Options = {}): Promise<ContainerDefinition> {
  const main = definitionsOf(await requestOf(pod, options)).get("main");
  if (main === undefined) throw new Error("no container main");
  return main;
}
