import { describe, expect, it } from "vitest";
import { systemClock } from "../telemetry/clock.ts";
import type { Cluster } from "./cluster.ts";
import { createLeases, createNodes, createPods } from "./objects.ts";
import { fail, quietLog, testApi, testRest } from "./testing.ts";

const ref = { namespace: "default", name: "web", uid: "mine" };

async function begin(answer: Parameters<typeof testApi>[0]) {
  const api = await testApi(answer);
  const rest = testRest(api.url);
  const watching = { rest, clock: systemClock, log: quietLog, random: Math.random };
  const { pods, nodes, leases }: Pick<Cluster, "pods" | "nodes" | "leases"> = {
    pods: createPods(rest, watching),
    nodes: createNodes(rest, watching),
    leases: createLeases(rest),
  };
  return { ...api, pods, nodes, leases };
}

describe("pods", () => {
  it("are patched with their uid inside, beside the caller's annotations", async () => {
    const { pods, requests } = await begin(() => ({ metadata: { uid: "mine" } }));
    const patch = { metadata: { annotations: { a: "b" } }, status: { phase: "Running" } };
    await expect(pods.patchStatus(ref, patch)).resolves.toMatchObject({ metadata: { uid: "mine" } });
    expect(requests[0]?.body).toEqual({
      metadata: { annotations: { a: "b" }, uid: "mine" },
      status: { phase: "Running" },
    });
  });

  it.each([
    ["404", 404, "NotFound", []],
    // As kube-apiserver 1.36 answers a PATCH that names the uid of a predecessor.
    ["422 about metadata.uid", 422, "Invalid", ["metadata.uid", "metadata.uid"]],
  ])("that are gone or followed by a namesake (%s) patch to undefined", async (_, code, reason, fields) => {
    const { pods } = await begin((__, response) => fail(response, code, reason, { fields }));
    await expect(pods.patchStatus(ref, { status: {} })).resolves.toBeUndefined();
  });

  it("reject a patch whose content is wrong", async () => {
    const { pods } = await begin((_, response) => fail(response, 422, "Invalid", { fields: ["status.podIPs[0]"] }));
    await expect(pods.patchStatus(ref, { status: {} })).rejects.toMatchObject({ status: 422 });
  });

  it("are deleted at once, only while they have the uid", async () => {
    const { pods, requests } = await begin(() => ({}));
    await pods.remove(ref);
    expect(requests[0]).toMatchObject({
      method: "DELETE",
      query: { gracePeriodSeconds: "0", uid: "mine" },
      // With one, undici would close the connection behind it.
      body: undefined,
    });
  });

  it("that are already gone are removed", async () => {
    const { pods } = await begin((_, response) => fail(response, 404, "NotFound"));
    await expect(pods.remove(ref)).resolves.toBeUndefined();
  });

  it.each([
    ["a namesake is there", "other", true],
    ["the pod itself is there", "mine", false],
  ])("after a conflict are looked at: %s", async (_, uid, gone) => {
    const { pods } = await begin((seen, response) =>
      seen.method === "GET" ? { metadata: { uid } } : fail(response, 409, "Conflict"),
    );
    const outcomes = await Promise.allSettled([pods.remove(ref), pods.patchStatus(ref, { status: {} })]);
    expect(outcomes.map(({ status }) => status)).toEqual(Array(2).fill(gone ? "fulfilled" : "rejected"));
  });
});

describe("nodes and leases", () => {
  it("that do not exist are undefined", async () => {
    const { nodes, leases } = await begin((_, response) => fail(response, 404, "NotFound"));
    const answers = [nodes.get("n"), nodes.patch("n", {}), nodes.patchStatus("n", {}), leases.get("n")];
    await expect(Promise.all(answers)).resolves.toEqual(Array(4).fill(undefined));
  });

  it("are written where the API server looks for them", async () => {
    const { nodes, leases, requests } = await begin(() => ({}));
    await nodes.create({ metadata: { name: "n" } });
    await nodes.patchStatus("n", { status: {} });
    await leases.create({ metadata: { name: "n" } });
    await leases.update({ metadata: { name: "n", resourceVersion: "7" } });
    expect(requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "POST /api/v1/nodes",
      "PATCH /api/v1/nodes/n/status",
      "POST /apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases",
      "PUT /apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n",
    ]);
    expect(requests[3]?.body).toMatchObject({ metadata: { resourceVersion: "7" } });
  });

  it("reject a lease that somebody else wrote first", async () => {
    const { leases } = await begin((_, response) => fail(response, 409, "Conflict"));
    await expect(leases.update({ metadata: { name: "n" } })).rejects.toMatchObject({ status: 409 });
  });
});
