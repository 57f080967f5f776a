import { describe, expect, it } from "vitest";
import type { Node } from "../model/kube.ts";
import { heldUntil, newLease, renewed } from "./lease.ts";

const now = 1_767_323_045_678;
const node = (uid: string): Node => ({ metadata: { name: "burst", uid } });

describe("a lease", () => {
  it("lasts 40 s, has microseconds, and goes with its node", () => {
    expect(newLease(node("n1"), "me", now)).toMatchObject({
      metadata: { name: "burst", namespace: "kube-node-lease", ownerReferences: [{ kind: "Node", uid: "n1" }] },
      spec: { holderIdentity: "me", leaseDurationSeconds: 40, renewTime: "2026-01-02T03:04:05.678000Z" },
    });
  });

  it("renewed keeps its version and what others wrote, and belongs to the node of now", () => {
    const old = newLease(node("n1"), "other", now - 60_000);
    const lease = { ...old, metadata: { ...old.metadata, resourceVersion: "7" }, spec: { ...old.spec, strategy: "x" } };
    expect(renewed(lease, node("n2"), "me", now)).toMatchObject({
      metadata: { resourceVersion: "7", ownerReferences: [{ uid: "n2" }] },
      spec: { holderIdentity: "me", renewTime: "2026-01-02T03:04:05.678000Z", strategy: "x" },
    });
  });

  const heldBy = (holderIdentity: string | undefined, ago: number) => {
    const lease = newLease(node("n1"), holderIdentity ?? "", now - ago);
    return holderIdentity === undefined ? { ...lease, spec: { renewTime: lease.spec?.renewTime as string } } : lease;
  };

  it.for<[string, Parameters<typeof heldUntil>[0], number | undefined]>([
    ["that does not exist", undefined, undefined],
    ["of this process", heldBy("me", 0), undefined],
    ["given back", heldBy("", 0), undefined],
    ["without a holder", heldBy(undefined, 0), undefined],
    ["of another process, renewed 10 s ago", heldBy("other", 10_000), now + 30_000],
    ["of another process, renewed 40 s ago", heldBy("other", 40_000), undefined],
    ["of another process, never renewed", { spec: { holderIdentity: "other" } }, undefined],
  ])("%s holds the node until %o", ([, lease, until]) => {
    expect(heldUntil(lease, "me", now, () => false)).toBe(until);
  });
});
