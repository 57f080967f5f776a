import { expect, test } from "vitest";
import type { NetworkPolicy, Pod } from "../../model/kube.ts";
import type { SupportRow } from "../../provider.ts";
import { podOf } from "../../../test/support/resolve-sources.ts";
import { createNotices, type NoticeOptions } from "./notices.ts";

const row = (path: string, effect: SupportRow["effect"], applies: boolean): SupportRow => ({
  path,
  effect,
  sentence: `About ${path}.`,
  find: () => (applies ? [path] : []),
});
const support = [
  row("spec.a", "changed", true),
  row("spec.b", "changed", false),
  row("spec.c", "changed", true),
  row("spec.d", "refused", true),
  { path: "spec.e", effect: "kept", sentence: "Kept." } as const,
];
const denyAll: NetworkPolicy = { metadata: { name: "deny-all", namespace: "ns" }, spec: { podSelector: {} } };

function notices(more: Partial<NoticeOptions> = {}, provider: Partial<NoticeOptions["provider"]> = {}) {
  return createNotices({
    provider: { name: "cloud", support, ...provider },
    networkPolicies: "warn",
    policies: async () => [],
    ...more,
  });
}
const ownedBy = (uid: string, pod: string): Pod =>
  podOf(
    {},
    { uid: pod, ownerReferences: [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: "r", uid, controller: true }] },
  );
const none: readonly SupportRow[] = [];

test("fields that are honoured differently are told together, once for all pods of an owner", async () => {
  const { fresh } = notices();
  const told = [{ type: "Warning", reason: "FieldsChanged", message: "spec.a: About spec.a; spec.c: About spec.c" }];
  expect(await fresh(ownedBy("r1", "p1"))).toEqual(told);
  expect(await fresh(ownedBy("r1", "p2"))).toEqual([]);
  expect(await fresh(ownedBy("r2", "p3"))).toEqual(told);
  expect(await fresh(podOf({}, { uid: "bare" }))).toEqual(told);
  expect(await fresh(podOf({}, { uid: "bare" }))).toEqual([]);
});

test("a policy that nobody enforces is told once for all pods of an owner, and another one as well", async () => {
  const policies = [denyAll];
  const { fresh, refusals } = notices({ policies: async () => policies }, { support: none });
  const [event, ...others] = await fresh(ownedBy("r1", "p1"));
  expect(event).toMatchObject({ type: "Warning", reason: "NetworkPolicyNotEnforced" });
  expect(event?.message).toBe(
    "metadata.labels: NetworkPolicy deny-all selects this pod, and the provider cloud enforces none: its traffic is not restricted by it",
  );
  expect(others).toEqual([]);
  expect(await fresh(ownedBy("r1", "p2"))).toEqual([]);
  policies.push({ ...denyAll, metadata: { name: "more", namespace: "ns" } });
  expect((await fresh(ownedBy("r1", "p3")))[0]?.message).toContain("NetworkPolicy more");
  expect(await refusals(ownedBy("r1", "p4"))).toEqual([]);
});

test("by configuration such a pod is refused instead, with each policy", async () => {
  const { fresh, refusals } = notices(
    { networkPolicies: "refuse", policies: async () => [denyAll] },
    { support: none },
  );
  expect(await refusals(podOf({}))).toEqual([
    {
      path: "metadata.labels",
      sentence: expect.stringMatching(/^NetworkPolicy deny-all selects this pod.*[.]$/) as string,
    },
  ]);
  expect(await fresh(podOf({}))).toEqual([]);
});

test.for<[why: string, options: Partial<NoticeOptions>, provider: Partial<NoticeOptions["provider"]>]>([
  ["the configuration ignores them", { networkPolicies: "ignore" }, {}],
  ["the provider enforces them", { networkPolicies: "refuse" }, { enforcesNetworkPolicies: true }],
])("nothing is said of policies, and none is read, where %s", async ([, options, provider]) => {
  const policies = async () => Promise.reject(new Error("nobody should ask"));
  const { fresh, refusals } = notices({ policies, ...options }, { support: none, ...provider });
  expect([await refusals(podOf({})), await fresh(podOf({}))]).toEqual([[], []]);
});

test("policies that cannot be read keep no pod from running, unless the configuration would refuse it", async () => {
  const policies = async () => Promise.reject(new Error("forbidden"));
  expect(await notices({ policies }, { support: none }).fresh(podOf({}))).toEqual([]);
  await expect(notices({ policies, networkPolicies: "refuse" }).refusals(podOf({}))).rejects.toThrow("forbidden");
});

test("of very many owners the first are forgotten, and told once more", async () => {
  const { fresh } = notices();
  await fresh(podOf({}, { uid: "first" }));
  for (let nth = 0; nth < 10_000; nth++) await fresh(podOf({}, { uid: `u${nth}` }));
  expect(await fresh(podOf({}, { uid: "u9999" }))).toEqual([]);
  expect(await fresh(podOf({}, { uid: "first" }))).toHaveLength(1);
});
