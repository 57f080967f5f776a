/** The options of `burstlet run` that change the configuration, under the kubelet's names. Pure. */
import { providerTaint } from "../model/annotations.ts";
import type { Problem } from "./config-error.ts";
import { valueAt } from "./explain.ts";
import type { Setting } from "./setting.ts";
import { valueOf } from "./shape.ts";
import { configurationSchema, nodeSchema } from "./schema.ts";

/** As they were typed. */
export interface Flags {
  readonly hostnameOverride?: string | undefined;
  readonly nodeIp?: string | undefined;
  readonly maxPods?: string | undefined;
  /** `key=value,key=value` */
  readonly nodeLabels?: string | undefined;
  /** `key=value:effect,key:effect` */
  readonly registerWithTaints?: string | undefined;
  readonly v?: string | undefined;
  readonly loggingFormat?: string | undefined;
}

interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

export function flagSettings(flags: Flags, file: unknown): { settings: Setting[]; problems: Problem[] } {
  const settings: Setting[] = [];
  const problems: Problem[] = [];
  const { format, verbosity } = configurationSchema.shape.logging.unwrap().shape;
  const { maxPods } = nodeSchema.shape;
  const say = (where: string, path: Setting["path"], value: unknown): void => {
    if (value !== undefined) settings.push({ where, path, value });
  };
  say("--hostname-override", ["nodes", 0, "name"], flags.hostnameOverride);
  say("--node-ip", ["nodes", 0, "address"], flags.nodeIp);
  if (flags.maxPods !== undefined) say("--max-pods", ["nodes", 0, "maxPods"], valueOf(maxPods, flags.maxPods));
  if (flags.v !== undefined) say("-v", ["logging", "verbosity"], valueOf(verbosity, flags.v));
  if (flags.loggingFormat !== undefined)
    say("--logging-format", ["logging", "format"], valueOf(format, flags.loggingFormat));
  for (const piece of pieces(flags.nodeLabels)) {
    const label = /^([^=]+)=([^=]*)$/.exec(piece);
    if (label === null) problems.push(odd("--node-labels", piece, "key=value, with commas between"));
    else say("--node-labels", ["nodes", 0, "labels", label[1] ?? ""], label[2] ?? "");
  }
  const taints = pieces(flags.registerWithTaints).map((piece) => taintOf(piece) ?? piece);
  for (const piece of taints) {
    if (typeof piece === "string") problems.push(odd("--register-with-taints", piece, taintForm));
  }
  if (taints.length > 0) {
    const added = taints.filter((taint) => typeof taint !== "string");
    say("--register-with-taints", ["nodes", 0, "taints"], [...othersOf(file, added), ...added]);
  }
  return { settings, problems };
}

const taintForm =
  "key=value:effect or key:effect, with commas between; effects are NoSchedule, PreferNoSchedule, NoExecute";

function pieces(text: string | undefined): string[] {
  return text === undefined ? [] : text.split(",").filter((piece) => piece !== "");
}

function odd(where: string, piece: string, form: string): Problem {
  return { where, field: "", what: `${JSON.stringify(piece)} is not allowed; allowed: ${form}` };
}

function taintOf(piece: string): Taint | undefined {
  const [, key, value, effect] = /^([^=:]+)(?:=([^=:]*))?:(NoSchedule|PreferNoSchedule|NoExecute)$/.exec(piece) ?? [];
  if (key === undefined || effect === undefined) return undefined;
  return { key, ...(value === undefined || value === "" ? {} : { value }), effect };
}

/** The file's taints, or the one that every virtual node has; a taint of the flag takes the place of its namesake. */
function othersOf(file: unknown, added: readonly Taint[]): unknown[] {
  const node = valueAt(file, ["nodes", 0]) as { taints?: unknown; provider?: unknown } | undefined;
  const usual = [{ key: providerTaint, value: String(node?.provider), effect: "NoSchedule" }];
  const present = Array.isArray(node?.taints) ? (node.taints as (Partial<Taint> | null)[]) : usual;
  return present.filter((taint) => !added.some(({ key, effect }) => key === taint?.key && effect === taint.effect));
}
