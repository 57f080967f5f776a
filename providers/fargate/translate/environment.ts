/**
 * What of a container's command and environment goes into the task definition, which all pods of a template share, and
 * what into the overrides of one launch, which hold no more than 8,192 characters for all containers together. Pure.
 */
import type { ContainerDefinition, ContainerOverride, KeyValuePair } from "@aws-sdk/client-ecs";
import {
  lengthOf,
  type ResolvedContainer,
  type ResolvedPod,
  type Text,
  type RawContainer,
  writtenOf,
} from "../../../src/provider.ts";
import { isConfided } from "../secrets/variables.ts";

/**
 * `wide`: all that may differ between two pods is in the overrides. `narrow`, when that is too much for them: only what
 * differs between the pods of one owner, by name, uid and the like. `stored`, when the rest is too much for a definition:
 * files go the way of secrets. `object`, when they are too many for that: by way of the bucket.
 */
export type Width = "wide" | "narrow" | "stored" | "object";

type Shared = Pick<ContainerDefinition, "entryPoint" | "command" | "environment">;
type Own = Pick<ContainerOverride, "command" | "environment">;

export function wordsAndVariables(
  pod: ResolvedPod,
  container: ResolvedContainer,
  width: Width,
): { readonly shared: Shared; readonly own: Own } {
  const { container: raw } = writtenOf(pod.pod, container);
  const own = ownVariables(raw);
  const isOwn = (word: string): boolean => referencesOf(word).some((name) => own.has(name));
  const first = (raw.command ?? []).findIndex(isOwn);
  const { command: words = [], args } = container;
  // Docker appends the command to the entry point, so the words from the first own one on may go there.
  const entryPoint = (first > 0 ? words.slice(0, first) : words).map(textOf);
  const command = [...(first > 0 ? words.slice(first) : []), ...(args ?? [])].map(textOf);
  const ownCommand = command.length > 0 && (width === "wide" || first > 0 || (raw.args ?? []).some(isOwn));
  const variables = variablesOf(pod, container).map((variable) => ({
    variable,
    isOwn: width === "wide" || variable.name === hostnameVariable || own.has(variable.name),
  }));
  const side = (owned: boolean): KeyValuePair[] =>
    variables.flatMap((each) => (each.isOwn === owned ? [each.variable] : []));
  return {
    shared: {
      ...(entryPoint.length > 0 && { entryPoint }),
      ...(command.length > 0 && !ownCommand && { command }),
      ...(side(false).length > 0 && { environment: side(false) }),
    },
    own: {
      ...(ownCommand && { command }),
      ...(side(true).length > 0 && { environment: side(true) }),
    },
  };
}

/** The kernel's host name is the cloud's; programs that ask their environment still find the pod's. */
const hostnameVariable = "HOSTNAME";

function variablesOf({ hostname }: ResolvedPod, { env }: ResolvedContainer): { name: string; value: string }[] {
  const given = env.flatMap(({ name, value }) => (isConfided(value) ? [] : [{ name, value: textOf(value) }]));
  return env.some(({ name }) => name === hostnameVariable)
    ? given
    : [{ name: hostnameVariable, value: hostname }, ...given];
}

/** Bytes of names and values of all variables, secret ones too. */
export function environmentSize(pod: ResolvedPod): number {
  const plain = pod.containers.flatMap((container) => variablesOf(pod, container));
  const secret = pod.containers.flatMap(({ env }) =>
    env.flatMap(({ name, value }) => (isConfided(value) ? [{ name, value: textOf(value) }] : [])),
  );
  return [...plain, ...secret].reduce(
    (sum, { name, value }) => sum + Buffer.byteLength(name) + Buffer.byteLength(value),
    0,
  );
}

/** Names of variables that ask something of the pod itself, or are made of such. */
function ownVariables({ env = [] }: RawContainer): ReadonlySet<string> {
  const own = new Set<string>();
  for (const { name, value, valueFrom } of env) {
    if (valueFrom?.fieldRef || referencesOf(value ?? "").some((each) => own.has(each))) own.add(name);
  }
  return own;
}

function referencesOf(text: string): string[] {
  return [...text.matchAll(/\$\(([^)]*)\)/g)].flatMap(([, name]) => name ?? []);
}

/** A value that cannot be sent is refused elsewhere; here it counts by its length. */
function textOf(value: Text): string {
  return typeof value === "string" ? value : "?".repeat(lengthOf(value));
}
