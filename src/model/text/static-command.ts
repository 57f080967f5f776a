import { expand } from "./expand.ts";
import type { RawContainer } from "../support/written.ts";

/**
 * The command of a probe as the kubelet has it: with what the spec itself says of the container's variables; those that
 * come from elsewhere stay as written. Pure.
 */
export function staticCommand(command: readonly string[], { env = [] }: Pick<RawContainer, "env">): readonly string[] {
  const lookup = (name: string): string | undefined => {
    const variable = env.findLast((one) => one.name === name);
    // The API server leaves out an empty value.
    return variable === undefined || variable.valueFrom ? undefined : (variable.value ?? "");
  };
  return command.map((word) => {
    const text = expand(word, lookup, Infinity);
    return typeof text === "string" ? text : word;
  });
}
