import { ProviderError } from "../../../../src/provider.ts";
import type { ContainerSpec } from "../runtime.ts";

/** How the last act of a container ends; see `Script.end`. */
export const endings = ["exit", "oom", "unknown", "disrupted", "gone"] as const;

export const faults = ["denied", "throttled", "noCapacity", "transient", "lostAnswer"] as const;

/** What one container does. All times in seconds. */
export interface Script {
  /** From the call of `start` to its answer; the longest of a task's containers counts. */
  readonly accept: number;
  /** From the moment a container may start to its running state. */
  readonly start: number;
  /** How long it runs by itself; `forever` until it is stopped. */
  readonly run: number | "forever";
  /** Exit code after `run`. */
  readonly exit: number;
  /**
   * `exit`: ends with `exit`; `oom`: 137, OOMKilled; `unknown`: nobody knows the exit code;
   * `disrupted`: the cloud takes the whole task away; `gone`: the cloud forgets the task.
   */
  readonly end: (typeof endings)[number];
  /** From SIGTERM to its end (then 143), unless the grace ends before (then 137). */
  readonly stop: number;
  /** `missing`: the image cannot be pulled, the container waits with ErrImagePull. */
  readonly image: "present" | "missing";
  /** How many calls of `start` fail before one is accepted. `lostAnswer`: the task starts, the answer is an error. */
  readonly faults: Readonly<Partial<Record<(typeof faults)[number], number | undefined>>>;
}

export type ScriptChanges = { readonly [K in keyof Script]?: Script[K] | undefined };

export interface Timetable {
  readonly defaults: Script;
  /** Differences from the defaults, by image as the pod writes it. */
  readonly images: Readonly<Record<string, ScriptChanges>>;
}

/** Later changes win; `undefined` changes nothing. */
export function changedScript(script: Script, ...changes: readonly ScriptChanges[]): Script {
  const entries = changes.flatMap((change) => Object.entries(change).filter(([, value]) => value !== undefined));
  return { ...script, ...Object.fromEntries(entries) };
}

export const defaultScript: Script = {
  accept: 0,
  start: 0,
  run: "forever",
  exit: 0,
  end: "exit",
  stop: 0,
  image: "present",
  faults: {},
};

export const defaultTimetable: Timetable = { defaults: defaultScript, images: {} };

/** The variables that a pod can set to change its own script, e.g. `SCRIPT_RUN=30`, `SCRIPT_FAULTS=throttled:2,lostAnswer:1`. */
const variables: Readonly<Record<string, (value: string) => ScriptChanges>> = {
  SCRIPT_ACCEPT: (value) => ({ accept: seconds(value) }),
  SCRIPT_START: (value) => ({ start: seconds(value) }),
  SCRIPT_RUN: (value) => ({ run: value === "forever" ? "forever" : seconds(value) }),
  SCRIPT_EXIT: (value) => ({ exit: wholeNumber(value, 255) }),
  SCRIPT_END: (value) => ({ end: oneOf(endings, value) }),
  SCRIPT_STOP: (value) => ({ stop: seconds(value) }),
  SCRIPT_IMAGE: (value) => ({ image: oneOf(["present", "missing"] as const, value) }),
  SCRIPT_FAULTS: (value) => ({ faults: Object.fromEntries(value.split(",").map(fault)) }),
};

/**
 * Defaults, then the image's entry, then the container's own SCRIPT_ variables. An init container runs for 0 s where
 * nothing says otherwise: one that ran for ever would hold up its pod. Throws ProviderError `invalid`.
 */
export function scriptOf(
  container: Pick<ContainerSpec, "name" | "kind" | "image" | "env">,
  timetable: Timetable,
): Script {
  const changes: ScriptChanges[] = [];
  if (container.kind === "init" && timetable.defaults.run === "forever") changes.push({ run: 0 });
  const entry = timetable.images[container.image];
  if (entry !== undefined) changes.push(entry);
  for (const { name, value } of container.env) {
    if (name.startsWith("SCRIPT_")) changes.push(fromVariable(container.name, name, value));
  }
  // The very same object for all containers that change nothing: thousands of them cost no memory.
  return changes.length === 0 ? timetable.defaults : changedScript(timetable.defaults, ...changes);
}

function fromVariable(container: string, name: string, value: unknown): ScriptChanges {
  const parse = variables[name];
  const allowed = Object.keys(variables).join(", ");
  if (parse === undefined) throw invalid(container, `there is no variable ${name}, only ${allowed}`);
  if (typeof value !== "string") throw invalid(container, `${name} must be plain text, not a secret or late value`);
  try {
    return parse(value);
  } catch (error) {
    throw invalid(container, `${name}=${value}: ${(error as Error).message}`);
  }
}

const invalid = (container: string, message: string): ProviderError =>
  new ProviderError("invalid", "InvalidScript", `container ${container}: ${message}`);

function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value < Infinity)) throw new Error("expected a number of seconds");
  return value;
}

function wholeNumber(text: string, most: number): number {
  if (!/^\d+$/.test(text) || Number(text) > most) throw new Error(`expected a whole number from 0 to ${most}`);
  return Number(text);
}

function oneOf<T extends string>(allowed: readonly T[], text: string): T {
  const found = allowed.find((value) => value === text);
  if (found === undefined) throw new Error(`expected one of ${allowed.join(", ")}`);
  return found;
}

function fault(text: string): [string, number] {
  const [name = "", count = "1"] = text.trim().split(":");
  return [oneOf(faults, name), wholeNumber(count, 1_000_000)];
}
