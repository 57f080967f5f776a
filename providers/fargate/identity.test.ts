import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { identityOf, ownerTags, startedBy } from "./identity.ts";

const uid = "0a1b2c3d-1111-2222-3333-444455556666";
const identity = { clusterUid: "5f0f5e5c-aaaa-bbbb-cccc-ddddeeeeffff", podUid: uid, attempt: 3 };

describe("startedBy", () => {
  test("says the cluster's uid, a mark of the node, the pod's uid and the attempt", () => {
    expect(startedBy(identity, "virtual-1")).toMatch(new RegExp(`^bl/${identity.clusterUid}/[0-9a-f]{10}/${uid}/3$`));
  });

  test("keeps the form of ECS and is read back by its own node alone, whatever cluster and node are called", () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, maxLength: 80 }),
        fc.string({ minLength: 1, maxLength: 253 }),
        fc.uuid(),
        fc.integer({ min: 1, max: 999_999_999 }),
        (clusterUid, nodeName, podUid, attempt) => {
          const text = startedBy({ clusterUid, podUid, attempt }, nodeName);
          expect(text).toMatch(/^[A-Za-z0-9_/-]{1,128}$/);
          expect(identityOf(text, { clusterUid, nodeName })).toEqual({ clusterUid, podUid, attempt });
          expect(identityOf(text, { clusterUid, nodeName: `${nodeName}.` })).toBeUndefined();
          expect(identityOf(text, { clusterUid: `${clusterUid}.`, nodeName })).toBeUndefined();
        },
      ),
    );
  });

  test.for([undefined, "", "ecs-svc/1234567890", "bl", "bl/x", `bl/${identity.clusterUid}/0123456789/${uid}`])(
    "%j is nobody's of ours",
    (text) => {
      expect(identityOf(text, { clusterUid: identity.clusterUid, nodeName: "virtual-1" })).toBeUndefined();
    },
  );

  test.for(["0", "-1", "1e3", "x", "1/2"])("an attempt %s is none", (attempt) => {
    const text = startedBy(identity, "virtual-1").replace(/3$/, attempt);
    expect(identityOf(text, { clusterUid: identity.clusterUid, nodeName: "virtual-1" })).toBeUndefined();
  });
});

test("tags name cluster and node in full, for people", () => {
  expect(ownerTags({ clusterUid: "c", nodeName: "n.example" })).toEqual([
    { key: "burstlet.dev/cluster", value: "c" },
    { key: "burstlet.dev/node", value: "n.example" },
  ]);
});
