import { afterEach, describe, expect, it } from "vitest";
import { fakeClock } from "../../test/support/fake-clock.ts";
import type { Node, Taint } from "../model/kube.ts";
import type { NodeHealth } from "./node-object.ts";
import { createNodeKeeper } from "./keeper.ts";
import { newLease } from "./lease.ts";
import { newNode } from "./node-object.ts";
import { capacity, facts, memoryNodes, well } from "./testing.ts";

const running = new Set<AbortController>();
afterEach(() => {
  for (const one of running) one.abort();
  running.clear();
});

/** A keeper of node `burst` over an API server in memory, in virtual time. */
function bench(api = memoryNodes(), clock = fakeClock(), holder = "burst@here") {
  const stop = new AbortController();
  running.add(stop);
  const errors: string[] = [];
  const infos: string[] = [];
  const cloud = { away: false };
  const health: { -readonly [K in keyof NodeHealth]: NodeHealth[K] } = { ...well };
  const { capacity: _, ...fixed } = facts;
  const keeper = createNodeKeeper({
    cluster: { ...api, events: { record: () => {}, flush: async () => {} } },
    facts: fixed,
    async capacity() {
      if (cloud.away) throw new Error("no answer");
      return capacity;
    },
    health: () => health,
    holder,
    hasEnded: (one) => one === "a killed one",
    clock,
    log: {
      debug: () => {},
      info: (message) => void infos.push(message),
      warn: () => {},
      error: (message) => void errors.push(message),
    },
  });
  const start = async () => {
    await keeper.register(stop.signal);
    const ended = keeper.run(stop.signal);
    ended.catch(() => undefined);
    await clock.advance(0);
    return { ended };
  };
  return { api, clock, keeper, health, errors, infos, cloud, stop, start };
}

const condition = (node: Node | undefined, type: string) => node?.status?.conditions?.find((one) => one.type === type);
const otherWrites = (writes: readonly string[]) => writes.filter((one) => !one.endsWith("lease"));
const mine = (taint: Taint) => taint.key === "burstlet.dev/provider-not-ready";

describe("a node", () => {
  it("is created whole: object, status, lease of its own", async () => {
    const { api, start } = bench();
    await start();
    expect(api.writes.slice(0, 3)).toEqual(["create node", "patch status", "create lease"]);
    expect(condition(api.node(), "Ready")?.status).toBe("True");
    expect(api.lease()).toMatchObject({
      metadata: { ownerReferences: [{ kind: "Node", name: "burst", uid: api.node()?.metadata?.uid }] },
      spec: { holderIdentity: "burst@here", leaseDurationSeconds: 40 },
    });
  });

  it("is written only when something changes, and every five minutes; its lease every ten seconds", async () => {
    const { api, clock, start } = bench();
    await start();
    api.writes.length = 0;
    await clock.advance(290_000);
    expect(otherWrites(api.writes)).toEqual([]);
    expect(api.writes.length).toBe(29);
    await clock.advance(20_000);
    expect(otherWrites(api.writes)).toEqual(["patch status"]);
    await clock.advance(300_000);
    expect(otherWrites(api.writes)).toEqual(["patch status", "patch status"]);
  });

  it("that somebody deletes is back at once, with a lease of its own", async () => {
    const { api, clock, start } = bench();
    await start();
    const old = api.node()?.metadata?.uid;
    api.deleteNode();
    await clock.advance(0);
    const fresh = api.node()?.metadata?.uid;
    expect(fresh).not.toBe(old);
    expect(condition(api.node(), "Ready")?.status).toBe("True");
    expect(api.lease()?.metadata?.ownerReferences?.[0]?.uid).toBe(fresh);
  });

  it("that was deleted unseen, during an outage, is back with the next report", async () => {
    const { api, clock, start } = bench();
    await start();
    await clock.advance(301_000);
    const lost = api.node();
    api.away = true;
    api.deleteNode();
    await clock.advance(600_000);
    expect(api.node()).toBeUndefined();
    api.away = false;
    await clock.advance(10_000);
    expect(api.node()?.metadata?.uid).not.toBe(lost?.metadata?.uid);
    expect(api.lease()?.spec?.holderIdentity).toBe("burst@here");
  });

  it("survives an outage of the API server: lease and Ready are there again within ten seconds", async () => {
    const { api, clock, start } = bench();
    await start();
    api.away = true;
    await clock.advance(3_600_000);
    const node = api.node() as Node;
    const conditions = (node.status?.conditions ?? []).map((one) =>
      one.type === "Ready" ? { ...one, status: "Unknown" } : one,
    );
    api.put({ ...node, status: { ...node.status, conditions } });
    expect(condition(api.node(), "Ready")?.status).toBe("Unknown");
    api.away = false;
    await clock.advance(10_000);
    expect(condition(api.node(), "Ready")?.status).toBe("True");
    expect(Date.parse(api.lease()?.spec?.renewTime ?? "")).toBeGreaterThan(clock.now() - 10_000);
  });

  it("waits at its start for an API server that does not answer", async () => {
    const { api, clock, keeper, stop } = bench();
    api.away = true;
    const registered = keeper.register(stop.signal);
    await clock.advance(120_000);
    api.away = false;
    await clock.advance(10_000);
    await registered;
    expect(api.node()).toBeDefined();
  });

  it("is not created, nor said to be, before its cloud has told what it has", async () => {
    const { api, clock, keeper, infos, cloud, stop } = bench();
    cloud.away = true;
    const registered = keeper.register(stop.signal);
    await clock.advance(60_000);
    expect([api.node(), infos]).toEqual([undefined, []]);
    cloud.away = false;
    await clock.advance(10_000);
    await registered;
    expect(infos).toEqual(["node created"]);
  });

  it("keeps other people's labels and annotations, and puts back its own", async () => {
    const api = memoryNodes();
    const mineBefore = newNode(facts);
    api.put({ ...mineBefore, metadata: { ...mineBefore.metadata, labels: { theirs: "x", team: "b" } } });
    await bench(api).start();
    expect(api.node()?.metadata?.labels).toMatchObject({ theirs: "x", team: "a", type: "virtual-kubelet" });
  });
});

describe("trouble of the provider", () => {
  const theirs = { key: "theirs", effect: "NoExecute" };

  it("is a condition and a taint, soon, and leaves Ready and the taints of others alone", async () => {
    const { api, clock, keeper, health, start } = bench();
    await start();
    const node = api.node() as Node;
    api.put({ ...node, spec: { ...node.spec, taints: [...(node.spec?.taints ?? []), theirs] } });
    health.providerTrouble = { reason: "CloudAway", message: "no answer" };
    keeper.poke();
    await clock.advance(0);
    expect(condition(api.node(), "burstlet.dev/ProviderReady")).toMatchObject({ status: "False", reason: "CloudAway" });
    expect(condition(api.node(), "Ready")?.status).toBe("True");
    expect(api.node()?.spec?.taints?.filter(mine)).toMatchObject([{ effect: "NoSchedule" }]);
    expect(api.node()?.spec?.taints).toContainEqual(theirs);

    health.providerTrouble = undefined;
    keeper.poke();
    await clock.advance(0);
    expect(condition(api.node(), "burstlet.dev/ProviderReady")?.status).toBe("True");
    expect(api.node()?.spec?.taints?.some(mine)).toBe(false);
    expect(api.node()?.spec?.taints).toContainEqual(theirs);
  });

  it("is told once, however long it lasts", async () => {
    const { api, clock, keeper, health, start } = bench();
    health.providerTrouble = { reason: "CloudAway", message: "no answer" };
    await start();
    api.writes.length = 0;
    for (let nth = 0; nth < 5; nth++) {
      keeper.poke();
      await clock.advance(20_000);
    }
    expect(otherWrites(api.writes)).toEqual([]);
  });
});

describe("who serves a node", () => {
  const foreign = { metadata: { name: "burst", uid: "machine" }, status: {} } as Node;

  it("is never burstlet where a real kubelet made it", async () => {
    const api = memoryNodes();
    api.put(foreign);
    const { keeper, stop } = bench(api);
    await expect(keeper.register(stop.signal)).rejects.toThrow(
      /node burst already exists .* kubectl delete node burst/,
    );
    expect(api.writes).toEqual([]);
  });

  it("is told once as an error when a real kubelet takes the name later", async () => {
    const { api, clock, errors, start } = bench();
    await start();
    const before = api.writes.length;
    Object.assign(api.nodes, { get: async () => foreign });
    api.deleteNode();
    await clock.advance(60_000);
    expect(errors).toEqual(["node object is not ours any more"]);
    expect(otherWrites(api.writes.slice(before))).toEqual([]);
  });

  it("is one process at a time: the second waits until the lease of the first has ended", async () => {
    const { api, clock, start, stop } = bench();
    await start();
    const second = bench(api, clock, "burst@there");
    const registered = second.keeper.register(second.stop.signal);
    await clock.advance(120_000);
    expect(api.lease()?.spec?.holderIdentity).toBe("burst@here");
    stop.abort();
    await clock.advance(0);
    expect(api.lease()?.spec?.holderIdentity).toBe("");
    await clock.advance(10_000);
    await registered;
    expect(api.lease()?.spec?.holderIdentity).toBe("burst@there");
  });

  it("is left as it is by a process that is stopped while it waits", async () => {
    const { api, clock, start } = bench();
    await start();
    const second = bench(api, clock, "burst@there");
    const registered = second.keeper.register(second.stop.signal);
    await clock.advance(20_000);
    const before = otherWrites(api.writes);
    second.stop.abort();
    await clock.advance(0);
    await registered;
    expect(otherWrites(api.writes)).toEqual(before);
    expect(api.lease()?.spec?.holderIdentity).toBe("burst@here");
  });

  it("is taken over 40 s after the other died, and at once by the same process started again", async () => {
    const clock = fakeClock();
    const api = memoryNodes();
    api.put(newNode(facts));
    api.putLease(newLease(api.node() as Node, "burst@dead", clock.now()));
    const { keeper, stop } = bench(api, clock);
    const registered = keeper.register(stop.signal);
    await clock.advance(39_999);
    expect(api.lease()?.spec?.holderIdentity).toBe("burst@dead");
    await clock.advance(1);
    await registered;
    expect(api.lease()?.spec?.holderIdentity).toBe("burst@here");
    await bench(api, clock).start();
    expect(api.lease()?.spec?.holderIdentity).toBe("burst@here");
  });

  it("is not this process any more once another one holds the lease", async () => {
    const { api, clock, start } = bench();
    const { ended } = await start();
    api.putLease({
      ...newLease(api.node() as Node, "burst@there", clock.now()),
      metadata: api.lease()?.metadata as never,
    });
    const failure = expect(ended).rejects.toThrow(/served by burst@there by now/);
    await clock.advance(10_000);
    await failure;
    expect(api.lease()?.spec?.holderIdentity).toBe("burst@there");
  });

  it("is taken over at once from a process that was killed, whose lease has not run out", async () => {
    const { api, clock, start } = bench();
    api.putLease(newLease({ metadata: { name: "burst", uid: "old" } }, "a killed one", clock.now()));
    await start();
    expect(api.lease()?.spec?.holderIdentity).toBe("burst@here");
  });

  it("gives the lease back at a clean stop, and leaves the node", async () => {
    const { api, clock, start, stop } = bench();
    const { ended } = await start();
    stop.abort();
    await clock.advance(0);
    await ended;
    expect(api.lease()?.spec?.holderIdentity).toBe("");
    expect(api.node()).toBeDefined();
  });
});
