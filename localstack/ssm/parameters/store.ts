import type { Clock } from "../../../src/model/clock.ts";
import type { ScenarioBox } from "../../scenario/box.ts";
import { ApiError } from "../../server/service.ts";

export interface ParameterRecord {
  /** With the slash that begins a name with folders. */
  readonly name: string;
  readonly arn: string;
  readonly type: "String" | "StringList" | "SecureString";
  value: string;
  version: number;
  /** Wall milliseconds of the stand-in's clock. */
  changedAt: number;
  /** How often ECS has read it. */
  reads: number;
}

export interface ParameterStore {
  readonly all: readonly ParameterRecord[];
  /** Throws ParameterAlreadyExists where there is one and it is not to be overwritten. */
  put(parameter: Pick<ParameterRecord, "name" | "type" | "value">, overwrite: boolean): ParameterRecord;
  /** By name or ARN. */
  find(id: string): ParameterRecord | undefined;
  /** False where there is none. */
  drop(name: string): boolean;
}

export function createParameterStore(clock: Clock, scenario: ScenarioBox): ParameterStore {
  const parameters = new Map<string, ParameterRecord>();
  return {
    get all() {
      return [...parameters.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
    },
    put({ name, type, value }, overwrite) {
      const known = parameters.get(name);
      if (known === undefined) {
        const { region, account } = scenario.now;
        const arn = `arn:aws:ssm:${region}:${account}:parameter${name.startsWith("/") ? "" : "/"}${name}`;
        const made = { name, arn, type, value, version: 1, changedAt: clock.now(), reads: 0 };
        parameters.set(name, made);
        return made;
      }
      if (!overwrite) {
        const sentence =
          "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.";
        throw new ApiError("ParameterAlreadyExists", sentence);
      }
      return Object.assign(known, { value, version: known.version + 1, changedAt: clock.now() });
    },
    find: (id) => parameters.get(id) ?? [...parameters.values()].find(({ arn }) => arn === id),
    drop: (name) => parameters.delete(name),
  };
}
