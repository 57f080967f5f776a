/** How much ECS and Fargate take of one task. Checked before anything is launched. Pure. */
import { type Refusal, type ResolvedPod, writtenOf } from "../../../src/provider.ts";
import type { FargateRequest } from "../request.ts";
import { environmentSize } from "./environment.ts";

/** Characters of all overrides of a RunTask, as JSON (ECS API reference, RunTask). */
const mostOverrides = 8_192;
/** Beyond it what may be in the definition is there: who counts the overrides' JSON may write it a little longer. */
export const roomyOverrides = 7_800;
/** Bytes of a task definition (ECS service quotas: 64 KiB), less what ECS itself adds to each container. */
const mostDefinition = 60 * 1024;
/** Bytes of names and values: near 124 KB tasks fail to start (aws/containers-roadmap#1336). */
const mostEnvironment = 100_000;
const mostContainers = 10;
/** Characters of an image's name with a tag (ECS API reference, ContainerDefinition). */
const longestImage = 255;

export function budgetRefusals(
  pod: ResolvedPod,
  { definition, overrides }: Pick<FargateRequest, "definition" | "overrides">,
): readonly Refusal[] {
  const containers = definition.content.containerDefinitions?.length ?? 0;
  const helpers = containers - pod.containers.length;
  const refusals = [
    over("spec.containers", containers, mostContainers, `containers${helpers > 0 ? " with burstlet's helper" : ""}`),
    over("spec", characters(overrides), mostOverrides, "characters of variables and arguments that differ by pod"),
    over("spec", bytes({ ...definition.content, family: definition.family }), mostDefinition, "bytes of definition"),
    over("spec.containers[].env", environmentSize(pod), mostEnvironment, "bytes of variables"),
  ];
  return [...refusals.flat(), ...imageRefusals(pod)];
}

export function characters(overrides: FargateRequest["overrides"]): number {
  return JSON.stringify(overrides).length;
}

function bytes(value: object): number {
  return Buffer.byteLength(JSON.stringify(value));
}

function over(path: string, found: number, most: number, what: string): Refusal[] {
  const number = (value: number): string => value.toLocaleString("en-US");
  return found <= most
    ? []
    : [{ path, sentence: `A task has at most ${number(most)} ${what}, this one ${number(found)}.` }];
}

function imageRefusals(pod: ResolvedPod): Refusal[] {
  return pod.containers.flatMap((container) => {
    const { image } = container;
    const path = `${writtenOf(pod.pod, container).path}.image`;
    return image.includes("@") ? [] : over(path, image.length, longestImage, "characters of an image's name");
  });
}
