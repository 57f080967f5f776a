import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { idempotencyToken } from "../../src/provider.ts";
import { groupName, identityOf, identityTags, podOf, podTags, volumeName } from "./names.ts";

const identity = { clusterUid: "cluster", podUid: "uid-1", attempt: 2 };
const owner = { clusterUid: "cluster", nodeName: "aci-1" };

describe("a container group", () => {
  test("has a name that Azure takes, and another one for each try", () => {
    const names = [1, 2].map((tryNumber) => groupName(idempotencyToken(identity, tryNumber)));
    for (const name of names) expect(name).toMatch(/^bl-[0-9a-f]{32}$/);
    expect(new Set(names).size).toBe(2);
    expect(volumeName(0).length).toBeGreaterThanOrEqual(5);
  });

  test("tells whose it is, to this node of this cluster alone", () => {
    const tags = identityTags(identity, owner.nodeName);
    expect(identityOf(tags, owner)).toEqual(identity);
    expect(identityOf(tags, { ...owner, nodeName: "aci-2" })).toBeUndefined();
    expect(identityOf(tags, { ...owner, clusterUid: "other" })).toBeUndefined();
    expect(identityOf(undefined, owner)).toBeUndefined();
    expect(identityOf({ NodeName: "aci-1" }, owner)).toBeUndefined();
  });

  test("is known by tags whose names somebody has written in another case", () => {
    const tags = Object.entries(identityTags(identity, owner.nodeName)).map(([name, value]) => [
      name.toUpperCase(),
      value,
    ]);
    expect(identityOf(Object.fromEntries(tags) as Record<string, string>, owner)).toEqual(identity);
  });

  test.for(["0", "-1", "1.5", "", "1e3", "first"])("with the attempt %j is nobody's", (attempt) => {
    expect(identityOf({ ...identityTags(identity, "aci-1"), "burstlet-attempt": attempt }, owner)).toBeUndefined();
  });

  test("has tags within Azure's limits for every identity, and is read back", () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, maxLength: 400 }),
        fc.uuid(),
        fc.integer({ min: 1, max: 1e6 }),
        (clusterUid, podUid, attempt) => {
          const one = { clusterUid, podUid, attempt };
          const tags = identityTags(one, "aci-1");
          for (const [name, value] of Object.entries(tags)) {
            expect(name).not.toMatch(/[<>%&\\?/]/);
            expect(value.length).toBeLessThanOrEqual(256);
          }
          expect(identityOf(tags, { clusterUid, nodeName: "aci-1" })).toEqual(one);
        },
      ),
    );
  });

  test("tells of which pod it is, and which of its containers are sidecars", () => {
    const pod = { namespace: "ns", name: "web-1", sidecars: ["a", "b"] };
    expect(podOf(podTags(pod))).toEqual(pod);
    expect(podOf(podTags({ ...pod, sidecars: [] })).sidecars).toEqual([]);
    expect(podOf({})).toEqual({ namespace: "", name: "", sidecars: [] });
  });
});
