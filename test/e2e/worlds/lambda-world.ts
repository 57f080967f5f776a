/** A control plane, the stand-in for AWS and burstlet with one node on Lambda, as one e2e file needs them. */
import type { LambdaEntry } from "../../../localstack/lambda/ledger-entries.ts";
import { type Localstack, startLocalstack } from "../../../localstack/localstack.ts";
import type { ScenarioInput } from "../../../localstack/scenario/schema.ts";
import type { Pod } from "../../../src/model/kube.ts";
import { systemClock as clock } from "../../../src/telemetry/clock.ts";
import { standInLambdaNode } from "../../support/stand-in-node.ts";
import { podManifest, startWorld, type World } from "./world.ts";

export interface LambdaWorld {
  readonly world: World;
  readonly aws: Localstack;
  /** Applies a pod of this function, bound to the node, whose scripted function does what the variables say. */
  run(
    name: string,
    image: string,
    env?: Readonly<Record<string, string>>,
    spec?: object,
    annotations?: Readonly<Record<string, string>>,
  ): Promise<void>;
  stop(): Promise<void>;
}

export const lambdaNode = "burst-lambda";

export interface LambdaOptions {
  readonly scenario: ScenarioInput;
  /** More of part `lambda` of the node's configuration. */
  readonly lambda?: object;
}

export async function startLambdaWorld({ scenario, lambda = {} }: LambdaOptions): Promise<LambdaWorld> {
  const aws = await startLocalstack({ clock, port: 0, scenario });
  const { node, env } = standInLambdaNode(aws.url, lambda);
  try {
    const world = await startWorld({ env, node: { name: lambdaNode, ...node } });
    return {
      world,
      aws,
      async run(name, image, variables = {}, spec = {}, annotations = {}) {
        const list = Object.entries(variables).map(([key, value]) => ({ name: key, value }));
        const container = { command: undefined, env: list };
        const fixture = { image, restartPolicy: "Never" as const, container, annotations };
        await world.cluster.apply(podManifest(name, { ...fixture, spec: { nodeName: lambdaNode, ...spec } }));
      },
      async stop() {
        await world.stop();
        await aws.close();
      },
    };
  } catch (error) {
    await aws.close();
    throw error;
  }
}

type Invoked = Extract<LambdaEntry, { event: "invoke" }>;
type Run = Extract<LambdaEntry, { event: "run" }>;

/** Calls of Invoke after which something runs. */
export function acceptedBy({ aws }: Pick<LambdaWorld, "aws">): Invoked[] {
  return aws.ledger.entries.filter((entry) => entry.event === "invoke").filter(({ outcome }) => outcome === "accepted");
}

/** How often a function was given an event, whoever asked for it. */
export function runsOf({ aws }: Pick<LambdaWorld, "aws">): Run[] {
  return aws.ledger.entries.filter((entry) => entry.event === "run");
}

/** Attempts of pods that Lambda was asked to run more than once, or has run more than once without that it may: there must be none. */
export function invokedTwice(cloud: Pick<LambdaWorld, "aws">): string[] {
  const twice = (ids: readonly string[]): string[] => ids.filter((id, index) => ids.indexOf(id) !== index);
  const idsOf = (entries: readonly { readonly invocationId: string | undefined }[]): string[] =>
    entries.map(({ invocationId = "an invocation without an id" }) => invocationId);
  // Events Lambda may run as often as it likes; it is asked for each once.
  const sent = acceptedBy(cloud);
  const events = new Set(idsOf(sent.filter(({ type }) => type === "Event")));
  const isHeld = ({ invocationId = "" }: { readonly invocationId: string | undefined }) => !events.has(invocationId);
  return [...twice(idsOf(sent)), ...twice(idsOf(runsOf(cloud).filter(isHeld)))];
}

/** `name: phase, and why its container waits or ended`, for the message of a wait that was in vain. */
export function story({ metadata, status }: Pod): string {
  const { waiting, terminated } = status?.containerStatuses?.[0]?.state ?? {};
  const why = waiting ?? terminated;
  return `${metadata?.name}: ${status?.phase} ${why?.reason ?? ""} ${why?.message ?? ""}`.trimEnd();
}
