import type { Clock } from "../../src/model/clock.ts";
import type { ScenarioBox } from "../scenario/box.ts";
import { defaultScript, type FunctionScenario, type Script, type VersionScenario } from "../scenario/functions.ts";
import { ApiError } from "../server/service.ts";
import { functionArn, type FunctionReference, referenceOf } from "./names.ts";

/** A version as Lambda runs it, with every default. */
export interface FunctionVersion {
  readonly name: string;
  /** A number, or $LATEST. */
  readonly version: string;
  readonly runtime: string;
  readonly code: string | undefined;
  readonly handler: string;
  readonly script: Script;
  /** MB. */
  readonly memory: number;
  /** Seconds. */
  readonly timeout: number;
  readonly architecture: "x86_64" | "arm64";
  /** MB of /tmp. */
  readonly ephemeralStorage: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly state: "Active" | "Pending" | "Inactive" | "Failed";
  readonly stateReason: string | undefined;
  readonly logFormat: "Text" | "JSON";
  readonly logGroup: string;
  /** Seconds and days; `undefined`: it is an ordinary function. */
  readonly durable: { readonly executionTimeout: number; readonly retentionDays: number } | undefined;
}

/** A function as a caller has named it. */
export interface FoundFunction {
  readonly version: FunctionVersion;
  readonly whole: FunctionScenario;
  /** As asked for; `undefined`: none. */
  readonly qualifier: string | undefined;
  /** With the qualifier. */
  readonly arn: string;
}

export interface Functions {
  readonly all: Readonly<Record<string, FunctionScenario>>;
  /** By name, ARN and qualifier. Throws ApiError. `share`: of a weighted alias, any of its versions by their shares. */
  find(nameOrArn: string, qualifier: string | undefined, share?: "share"): FoundFunction;
  /** As it is now: one that was Inactive wakes up by being invoked. */
  stateOf(version: FunctionVersion): FunctionVersion["state"];
  wake(version: FunctionVersion): void;
}

export function createFunctions(clock: Clock, scenario: ScenarioBox): Functions {
  const awakeAt = new Map<string, number>();
  const drawn = new Map<string, number>();
  const versionOf = versionCache();
  const keyOf = ({ name, version }: FunctionVersion): string => `${name}:${version}`;
  /** Always in the shares that are asked for, without chance: steps of the golden ratio. */
  const draw = (key: string): number => {
    const turn = (drawn.get(key) ?? 0) + 1;
    drawn.set(key, turn);
    return (turn * 0.6180339887498949) % 1;
  };
  return {
    get all() {
      return scenario.now.functions;
    },
    find(nameOrArn, qualifier, share) {
      const reference = referenceOf(nameOrArn, qualifier);
      const whole = scenario.now.functions[reference.name];
      const arn = functionArn(scenario.now, reference);
      const number = whole === undefined ? undefined : numberOf(whole, reference, share && draw(arn));
      if (whole === undefined || number === undefined)
        throw new ApiError("ResourceNotFoundException", `Function not found: ${arn}`, 404);
      return { version: versionOf(reference.name, whole, number), whole, qualifier: reference.qualifier, arn };
    },
    stateOf(version) {
      if (version.state !== "Inactive") return version.state;
      const at = awakeAt.get(keyOf(version));
      if (at === undefined) return "Inactive";
      return clock.now() < at ? "Pending" : "Active";
    },
    wake(version) {
      const key = keyOf(version);
      if (!awakeAt.has(key)) awakeAt.set(key, clock.now() + scenario.now.times.waking * 1000);
    },
  };
}

/** The version that a qualifier stands for; `undefined`: there is none. `lot`: 0 to 1, for aliases with shares. */
function numberOf(
  { versions, aliases }: FunctionScenario,
  { qualifier = "$LATEST" }: FunctionReference,
  lot: number | undefined,
): string | undefined {
  if (qualifier === "$LATEST" || Object.hasOwn(versions, qualifier)) return qualifier;
  const alias = Object.hasOwn(aliases, qualifier) ? aliases[qualifier] : undefined;
  if (alias === undefined || typeof alias === "string") return alias;
  let left = lot ?? 1;
  for (const [version, share] of Object.entries(alias.weights)) {
    left -= share;
    if (left < 0) return version;
  }
  return alias.version;
}

function newVersion(name: string, whole: FunctionScenario, version: string): FunctionVersion {
  const changes: VersionScenario = whole.versions[version] ?? {};
  const { runtime = "scripted", code, handler = "index.handler", script = defaultScript } = { ...whole, ...changes };
  const { memory = 128, timeout = 3, architecture = "x86_64", ephemeralStorage = 512 } = { ...whole, ...changes };
  const { environment = {}, state = "Active", stateReason, logFormat = "Text" } = { ...whole, ...changes };
  const { logGroup = `/aws/lambda/${name}`, durable } = { ...whole, ...changes };
  const own = { name, version, runtime, code, handler, script, memory, timeout, architecture, ephemeralStorage };
  return { ...own, environment, state, stateReason, logFormat, logGroup, durable };
}

/**
 * The same object for as long as nothing of the version changes, whatever else of the scenario does: by it environments stay
 * warm.
 */
function versionCache(): typeof newVersion {
  const byScenario = new WeakMap<FunctionScenario, Map<string, FunctionVersion>>();
  const byContent = new Map<string, FunctionVersion>();
  return (name, whole, version) => {
    const versions = byScenario.get(whole) ?? new Map<string, FunctionVersion>();
    byScenario.set(whole, versions);
    const known = versions.get(version);
    if (known !== undefined) return known;
    const made = newVersion(name, whole, version);
    const content = JSON.stringify(made);
    const same = byContent.get(content) ?? made;
    byContent.set(content, same);
    versions.set(version, same);
    return same;
  };
}
