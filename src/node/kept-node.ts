/** The Node object at the API server: created when there is none, reported when something changed, tainted. */
import type { NodesApi } from "../cluster/cluster.ts";
import { rfc3339 } from "../model/clock.ts";
import type { Node } from "../model/kube.ts";
import type { Capacity, Clock, Log } from "../provider.ts";
import {
  isOurs,
  metadataPatch,
  newNode,
  nodeConditions,
  type NodeFacts,
  type NodeHealth,
  nodeStatus,
  REPORT_EVERY_MS,
} from "./node-object.ts";
import { wantedTaints } from "./taints.ts";

export interface KeptNodeOptions {
  readonly cluster: { readonly nodes: NodesApi };
  readonly facts: Omit<NodeFacts, "capacity">;
  readonly capacity: () => Promise<Capacity>;
  /** Read at each report. */
  readonly health: () => NodeHealth;
  readonly clock: Clock;
  readonly log: Log;
}

/** The name belongs to a node that burstlet did not make. */
export class ForeignNodeError extends Error {}

export interface KeptNode {
  /** As it was last seen; `undefined`: it is read afresh at the next report. */
  seen: Node | undefined;
  /** Creates what is missing and writes what has changed. */
  report(): Promise<void>;
  refreshCapacity(): Promise<void>;
}

/** `created`: what has to follow a new object; called again with the next report as long as it rejects. */
export function createKeptNode(options: KeptNodeOptions, created: (node: Node) => Promise<void>): KeptNode {
  const { cluster, clock, log } = options;
  const { name } = options.facts;
  const facts = createFacts(options);
  const reported = { at: Number.NEGATIVE_INFINITY, status: "" };
  let isNew = false;

  const ensure = async (): Promise<Node> => {
    const present = await ownNode(options);
    if (present === undefined) {
      const node = await cluster.nodes.create(newNode(await facts.whole()));
      log.info("node created", { node: name });
      reported.at = Number.NEGATIVE_INFINITY;
      isNew = true;
      return node;
    }
    const known = await facts.known();
    if (known === undefined) return present;
    return (await cluster.nodes.patch(name, { metadata: metadataPatch(known) })) ?? present;
  };

  /** Resolves to the node as it is then, or `undefined` when it is gone. */
  const writeStatus = async (current: Node, health: NodeHealth): Promise<Node | undefined> => {
    const now = clock.now();
    const known = await facts.known();
    const status = known === undefined ? {} : nodeStatus(known);
    const { conditions, changed } = nodeConditions(health, options.facts, current.status?.conditions ?? [], now);
    const text = JSON.stringify(status);
    if (!changed && text === reported.status && now - reported.at < REPORT_EVERY_MS) return kept.seen ?? current;
    const answer = await cluster.nodes.patchStatus(name, { status: { ...status, conditions } });
    Object.assign(reported, { at: now, status: text });
    kept.seen = answer;
    return answer;
  };

  const kept: KeptNode = {
    seen: undefined,
    async report() {
      const health = options.health();
      const current = await writeStatus((kept.seen ??= await ensure()), health);
      if (current === undefined) return kept.report();
      const tainted = await taint(options, current, health);
      if (tainted !== undefined) kept.seen = tainted.node;
      if (isNew && kept.seen !== undefined) await created(kept.seen);
      isNew = false;
    },
    refreshCapacity: facts.refresh,
  };
  return kept;
}

/** The node of that name, if there is one. Rejects with a ForeignNodeError when it belongs to somebody else. */
export async function ownNode({
  cluster,
  facts: { name },
}: {
  readonly cluster: KeptNodeOptions["cluster"];
  readonly facts: { readonly name: string };
}): Promise<Node | undefined> {
  const present = await cluster.nodes.get(name);
  if (present === undefined || isOurs(present)) return present;
  throw new ForeignNodeError(
    `node ${name} already exists and was not made by burstlet (no annotation burstlet.dev/owner): ` +
      `it may be a real machine's. Choose another name in the configuration (nodes[].name), ` +
      `or remove the object with: kubectl delete node ${name}`,
  );
}

/** The list of taints has no merge key, so it is written with the version it was made from. */
async function taint(
  { cluster, facts: { name }, clock }: KeptNodeOptions,
  current: Node,
  { providerTrouble }: NodeHealth,
): Promise<{ node: Node | undefined } | undefined> {
  const taints = wantedTaints(current.spec?.taints ?? [], providerTrouble !== undefined, rfc3339(clock.now()));
  if (taints === undefined) return undefined;
  const { resourceVersion } = current.metadata ?? {};
  return { node: await cluster.nodes.patch(name, { metadata: { resourceVersion }, spec: { taints } }) };
}

function createFacts({ facts, capacity: ask }: Pick<KeptNodeOptions, "facts" | "capacity">) {
  let capacity: Capacity | undefined;
  const whole = async (): Promise<NodeFacts> => ({ ...facts, capacity: (capacity ??= await ask()) });
  return {
    whole,
    /** A node that exists is kept Ready also while its cloud cannot say what it has: it shows what it showed before. */
    known: (): Promise<NodeFacts | undefined> => whole().catch(() => undefined),
    async refresh(): Promise<void> {
      capacity = await ask();
    },
  };
}
