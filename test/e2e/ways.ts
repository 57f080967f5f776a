/** The ways on which kubectl's streams come to the kubelet port, and a world with a node for each. */
import type { Kubectl } from "./kubectl.ts";
import { podManifest, type PodFixture, startWorld, type World } from "./worlds/world.ts";

export interface Way {
  readonly title: string;
  /** The node whose pods are reached on this way. */
  readonly node: string;
  /** What kubectl is told to prefer. */
  readonly env: Readonly<Record<string, string>>;
  /** What comes to the kubelet port. */
  readonly arrives: "websocket" | "spdy";
}

/** One takes WebSockets and says so; for the other the API server makes SPDY of them, as it does for old kubelets. */
const declaring = { name: "takes-websockets" };
const silent = { name: "takes-spdy", websockets: false };

const spdyFirst = { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: "false", KUBECTL_PORT_FORWARD_WEBSOCKETS: "false" };

export const ways: readonly Way[] = [
  { title: "a WebSocket all the way", node: declaring.name, env: {}, arrives: "websocket" },
  { title: "a WebSocket that the API server makes SPDY of", node: silent.name, env: {}, arrives: "spdy" },
  { title: "SPDY all the way", node: declaring.name, env: spdyFirst, arrives: "spdy" },
];

/** Both nodes share the process runtime's folder and supervisor. */
export const startWays = async (): Promise<World> => startWorld({ nodes: [declaring, silent] });

/** The embedded kubectl on this way. */
export function kubectlOn({ cluster }: World, { env }: Pick<Way, "env">): Kubectl {
  return { command: [cluster.binary, "kubectl"], kubeconfig: cluster.kubeconfig, env };
}

/** `podManifest` of a pod on this node. */
export function podOn(node: string, name: string, fixture: PodFixture = {}): object {
  const spec = { nodeSelector: { "kubernetes.io/hostname": node }, ...fixture.spec };
  return podManifest(name, { ...fixture, spec });
}

/** How the last client came of whom burstlet's log tells in a line with these words. */
export function arrivalOf({ burstlet }: World, ...words: readonly string[]): string | undefined {
  const lines = burstlet.log().split("\n");
  const line = lines.findLast((one) => ["A client upgrades", ...words].every((word) => one.includes(word)));
  return /transport="?([a-z]+)/.exec(line ?? "")?.[1];
}
