import { describe, expect, it } from "vitest";
import { pod } from "../../status/testing.ts";
import { owned } from "../testing.ts";
import { nodeRefusal, refusalStory } from "./refuse.ts";

describe("a DaemonSet's pod", () => {
  const of = pod(["a"], "Always", owned("DaemonSet"));

  it("is refused with the affinity that keeps the DaemonSet away, unless the node runs such pods", () => {
    const refusal = nodeRefusal(of, { hostIP: undefined, daemonSetPods: "refuse" });
    expect(refusal?.path).toBe("metadata.ownerReferences");
    expect(refusal?.sentence).toMatch(
      /^pods of DaemonSets do not run on this virtual node.* daemonSetPods: run in the/,
    );
    expect(refusal?.sentence).toMatch(/owner away with nodeAffinity "type NotIn \[virtual-kubelet\]"/);
    expect(nodeRefusal(of, { hostIP: undefined, daemonSetPods: "run" })).toBeUndefined();
  });

  it("is told by its controller, not by any owner", () => {
    const [owner] = of.metadata?.ownerReferences ?? [];
    const other = pod(["a"], "Always", {
      metadata: { ownerReferences: owner === undefined ? [] : [{ ...owner, controller: false }] },
    });
    expect(nodeRefusal(other, { hostIP: undefined, daemonSetPods: "refuse" })).toBeUndefined();
  });
});

describe("a refusal", () => {
  it.for([
    ["ReplicaSet", false],
    ["ReplicationController", false],
    ["StatefulSet", false],
    ["DaemonSet", false],
    ["Job", true],
    ["Workflow", true],
  ] as const)("of a pod of a %s is final: %s", ([kind, final]) => {
    expect(refusalStory(pod(["a"], "Always", owned(kind)), []).refused?.final).toBe(final);
  });

  it("of one reason is that sentence, under the usual name", () => {
    const refusals = [{ path: "spec.hostPID", sentence: "No processes of the host. Remove it." }];
    const message = "spec.hostPID: No processes of the host. Remove it.";
    expect(refusalStory({}, refusals).refused).toEqual({ reason: "ProviderRefused", message, final: true });
  });

  it("lists every reason at once, in the provider's words", () => {
    const refusals = [
      { path: "spec.hostPID", sentence: "No processes of the host. Remove it." },
      { path: "", sentence: "too big" },
    ];
    expect(refusalStory(pod(["a"], "Always"), refusals, "TooBig").refused).toEqual({
      reason: "TooBig",
      message: "spec.hostPID: No processes of the host. Remove it; too big",
      final: true,
    });
  });
});
