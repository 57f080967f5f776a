import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startBurstlet } from "../support/burstlet.ts";
import { eventually } from "../support/eventually.ts";
import { namespaceAddress } from "../support/namespace.ts";
import { describeWith } from "../support/requirements.ts";
import { isReady, podManifest, startWorld, type World } from "./worlds/world.ts";

describeWith(["go", "namespaces", "root", "busybox"], "virtual nodes", () => {
  let world: World;
  const address = namespaceAddress();
  beforeAll(async () => {
    const local = { runtime: "scripted", capacity: { cpu: 10, memory: "10Gi", pods: 100 } };
    const nodes = ["burst-a", "burst-b"].map((name) => ({
      name,
      provider: "local",
      address,
      port: 0,
      local,
      labels: { pool: name },
    }));
    world = await startWorld({ nodes });
  });
  afterAll(() => world?.stop());

  const on = (name: string) => ({ spec: { nodeSelector: { pool: name } } });

  it("serves two nodes from one process, each with its own pods and its own port", async () => {
    await world.cluster.apply([podManifest("on-a", on("burst-a")), podManifest("on-b", on("burst-b"))]);
    const a = await world.until("on-a", "is ready", isReady);
    const b = await world.until("on-b", "is ready", isReady);
    expect([a.spec?.nodeName, b.spec?.nodeName]).toEqual(["burst-a", "burst-b"]);
    const ports = await Promise.all(
      ["burst-a", "burst-b"].map(
        async (name) => (await world.node(name)).status?.daemonEndpoints?.kubeletEndpoint?.Port,
      ),
    );
    expect(new Set(ports).size).toBe(2);
    const listed = JSON.parse(await world.cluster.kubectl("get", "--raw", "/api/v1/nodes/burst-b/proxy/pods")) as {
      items: { metadata: { name: string } }[];
    };
    expect(listed.items.map((pod) => pod.metadata.name)).toEqual(["on-b"]);
    expect(await world.cluster.kubectl("logs", "on-a")).not.toBe("");
  });

  it("is back within 10 s when somebody deletes its Node object, and its pods stay", async () => {
    await world.cluster.apply(podManifest("stays", on("burst-a")));
    const before = await world.until("stays", "is ready", isReady);
    const old = await world.node("burst-a");
    await world.cluster.kubectl("delete", "node", "burst-a");
    await eventually(
      "another Node object is Ready",
      async () => {
        const node = await world.node("burst-a");
        const ready = node.status?.conditions?.some((one) => one.type === "Ready" && one.status === "True");
        return node.metadata?.uid !== old.metadata?.uid && ready;
      },
      10_000,
    );
    await eventually("the lease belongs to the new node", async () => {
      const lease = await world.cluster.get<{ metadata: { ownerReferences: { uid: string }[] } }>(
        "lease",
        "burst-a",
        "-n",
        "kube-node-lease",
      );
      return lease.metadata.ownerReferences[0]?.uid === (await world.node("burst-a")).metadata?.uid;
    });
    expect((await world.pod("stays")).metadata?.uid).toBe(before.metadata?.uid);
  });

  it("lets go of pods that a NoExecute taint evicts", async () => {
    await world.cluster.apply(podManifest("tainted", on("burst-b")));
    await world.until("tainted", "is ready", isReady);
    await world.cluster.kubectl("taint", "node", "burst-b", "maintenance=now:NoExecute");
    await eventually(
      "the pod is gone",
      async () => (await world.cluster.kubectl("get", "pod", "tainted", "--ignore-not-found")).trim() === "",
    );
    await world.cluster.kubectl("taint", "node", "burst-b", "maintenance-");
    expect((await world.node("burst-b")).spec?.taints?.map((taint) => taint.key)).toEqual([
      "virtual-kubelet.io/provider",
    ]);
  });

  it("keeps a condition that somebody else wrote on a pod", async () => {
    const env = [{ name: "SCRIPT_RUN", value: "8" }];
    await world.cluster.apply(podManifest("gated", { ...on("burst-a"), restartPolicy: "Never", container: { env } }));
    await world.until("gated", "is ready", isReady);
    const foreign = { type: "example.com/Checked", status: "True", lastTransitionTime: "2026-01-01T00:00:00Z" };
    await world.cluster.kubectl(
      "patch",
      "pod",
      "gated",
      "--subresource=status",
      "--type=strategic",
      "-p",
      JSON.stringify({ status: { conditions: [foreign] } }),
    );
    const done = await world.until("gated", "has succeeded", (pod) => pod.status?.phase === "Succeeded");
    expect(done.status?.conditions?.find((one) => one.type === foreign.type)).toMatchObject(foreign);
  });

  it("touches no pod from a second process on the same node, which waits and says so", async () => {
    await world.cluster.apply(podManifest("single", on("burst-a")));
    const before = await world.until("single", "is ready", isReady);
    const port = (await world.node("burst-a")).status?.daemonEndpoints?.kubeletEndpoint?.Port ?? 0;
    const second = startBurstlet(world.cluster.folder, join(world.cluster.folder, "burstlet.kubeconfig"), {
      nodes: [{ name: "burst-a", provider: "local", address, port, local: { runtime: "scripted" } }],
    });
    await eventually("it waits", () => second.log().includes("another process serves this node"));
    // Its own list of tasks is empty: had it looked at the pods, it would have launched this one again.
    await world.cluster.kubectl("annotate", "pod", "single", "seen=by-both");
    await world.cluster.apply(podManifest("meanwhile", on("burst-a")));
    await world.until("meanwhile", "is ready", isReady);
    const after = await world.pod("single");
    expect(after.metadata?.annotations?.["burstlet.dev/attempt"]).toBe("1");
    expect(after.status?.containerStatuses).toEqual(before.status?.containerStatuses);
    expect(await second.stop()).toBe(0);
    expect(second.log()).not.toContain("node is ready");
  });

  it.concurrent("refuses a node name that belongs to a real kubelet, and says what to do", async () => {
    await world.cluster.apply({ apiVersion: "v1", kind: "Node", metadata: { name: "real" } });
    const other = startBurstlet(world.cluster.folder, join(world.cluster.folder, "burstlet.kubeconfig"), {
      nodes: [{ name: "real", provider: "local", address, port: 0, local: { runtime: "scripted" } }],
    });
    expect(await other.ended).toBe(1);
    expect(other.log()).toContain("node real already exists and was not made by burstlet");
  });

  it.concurrent.for<[string, (taken: number) => object, RegExp]>([
    ["port is taken", (port) => ({ address, port }), /nodes\[0\]\.port: port \d+ of [\d.]+ is in use .*another port/],
    ["address is not this machine's", () => ({ address: "10.214.0.77" }), /nodes\[0\]\.address: 10\.214\.0\.77 is no/],
  ])("whose %s ends the start with the field and the fix", async ([, fields, sentence]) => {
    const port = (await world.node("burst-a")).status?.daemonEndpoints?.kubeletEndpoint?.Port ?? 0;
    const other = startBurstlet(world.cluster.folder, join(world.cluster.folder, "burstlet.kubeconfig"), {
      nodes: [{ name: "other", provider: "local", local: { runtime: "scripted" }, ...fields(port) }],
    });
    expect(await other.ended).toBe(1);
    expect(other.log()).toMatch(sentence);
  });

  it.concurrent("without an address works, and tells what does not in a warning and on the node", async () => {
    const other = startBurstlet(world.cluster.folder, join(world.cluster.folder, "burstlet.kubeconfig"), {
      nodes: [{ name: "hidden", provider: "local", port: 0, local: { runtime: "scripted" } }],
    });
    await eventually("its node is ready", () => other.log().includes("node is ready"));
    const warnings = other
      .log()
      .split("\n")
      .filter((line) => line.includes("WARN"));
    const sentence = /kubectl logs.* do not reach this node.*nodes\[\]\.address/;
    expect(warnings).toEqual([expect.stringMatching(sentence)]);
    const condition = (await world.node("hidden")).status?.conditions?.find(
      ({ type }) => type === "burstlet.dev/AddressKnown",
    );
    expect(condition).toMatchObject({ status: "False", message: expect.stringMatching(sentence) });
    expect(await other.stop()).toBe(0);
  });
});
