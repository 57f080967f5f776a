import { parseArgs } from "node:util";
import type { PeerName } from "./sides/side.ts";

export interface BenchOptions {
  /** Pods of each round. */
  readonly pods: number;
  readonly against: readonly PeerName[];
  readonly rounds: number;
  /** Pods of the measurement of memory; 0 leaves it out. */
  readonly memory: number;
  /** The service account's token is mounted, as Kubernetes does where nobody objects. */
  readonly tokens: boolean;
  /** `fargate`: burstlet on the stand-in for AWS beside burstlet on the scripted runtime, instead of peers. */
  readonly provider: "local" | "fargate" | "aci" | "lambda";
  /** Of `fargate`: changes of tasks come as events. */
  readonly push: boolean;
  /** Of `fargate`: pods have a ConfigMap and a Secret as files, the same ones. */
  readonly files: boolean;
  /** Measures exec, port-forward and logs instead of pods. */
  readonly streams: boolean;
  /** What each transfer of them carries. */
  readonly megabytes: number;
  /** More flags for the Node that runs burstlet, e.g. `--cpu-prof`. */
  readonly nodeFlags: readonly string[];
}

export const usage = `npm run bench -- [OPTIONS]
  --pods N               pods of each round (1000)
  --against NAMES        other sides of the comparison: virtual-kubelet,kwok (none)
  --rounds N             rounds of each side; the median counts (5)
  --memory N             pods of the measurement of burstlet's memory; 0: none (5000)
  --tokens               pods mount the token of their service account, which the other sides never do
  --provider fargate     a Deployment on the stand-in for AWS, beside the scripted runtime; pods have tokens
  --push                 with --provider fargate: changes of tasks come as events by a queue of SQS
  --files                with --provider fargate: pods have one ConfigMap and one Secret as files
  --streams              exec, port-forward and logs instead of pods, beside a node on k8s.io/cri-streaming
  --provider aci         creations, deletions and reads of the ACI provider over the stand-in for Azure
  --provider lambda      short jobs that arrive one by one, warm and cold, beside the scripted runtime; many held invocations
  --streams --provider fargate   exec from a task on the stand-in for AWS, beside one of the local provider
  --megabytes N          what each transfer of --streams carries (200)
  --node-flags=FLAGS     for the Node that runs burstlet, e.g. --node-flags="--cpu-prof --cpu-prof-dir=profile"`;

/** Throws an Error for the user. */
export function parseOptions(words: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...words],
    options: {
      pods: { type: "string", default: "1000" },
      against: { type: "string", default: "" },
      rounds: { type: "string", default: "5" },
      memory: { type: "string", default: "5000" },
      tokens: { type: "boolean", default: false },
      provider: { type: "string", default: "local" },
      push: { type: "boolean", default: false },
      files: { type: "boolean", default: false },
      streams: { type: "boolean", default: false },
      megabytes: { type: "string", default: "200" },
      "node-flags": { type: "string", default: "" },
    },
  });
  if (values.push && values.provider !== "fargate") throw new Error("--push: expected --provider fargate beside it");
  return {
    pods: whole("pods", values.pods, 1),
    against: list(values.against, ",").map(peer),
    rounds: whole("rounds", values.rounds, 1),
    memory: whole("memory", values.memory, 0),
    tokens: values.tokens,
    provider: provider(values.provider),
    push: values.push,
    files: values.files,
    streams: values.streams,
    megabytes: whole("megabytes", values.megabytes, 1),
    nodeFlags: list(values["node-flags"], " "),
  };
}

function whole(name: string, text: string, least: number): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < least) {
    throw new Error(`--${name} ${text}: expected a whole number, at least ${least}`);
  }
  return number;
}

function peer(name: string): PeerName {
  if (name === "virtual-kubelet" || name === "kwok") return name;
  throw new Error(`--against ${name}: expected virtual-kubelet or kwok`);
}

function provider(name: string): BenchOptions["provider"] {
  if (name === "local" || name === "fargate" || name === "aci" || name === "lambda") return name;
  throw new Error(`--provider ${name}: expected local, fargate, aci or lambda`);
}

function list(text: string, separator: string): string[] {
  return text.split(separator).filter((word) => word !== "");
}
