import { expect, test } from "vitest";
import type { NetworkPolicy } from "../../model/kube.ts";
import { podOf } from "../../../test/support/resolve-sources.ts";
import { policiesOf } from "./network-policy.ts";

type Selector = NonNullable<NonNullable<NetworkPolicy["spec"]>["podSelector"]>;

const policy = (name: string, podSelector: Selector | undefined, namespace = "ns"): NetworkPolicy => ({
  metadata: { name, namespace },
  spec: { ...(podSelector !== undefined && { podSelector }) },
});
const expression = (key: string, operator: string, ...values: string[]): Selector => ({
  matchExpressions: [{ key, operator, ...(values.length > 0 && { values }) }],
});
const pod = podOf({}, { labels: { app: "web", tier: "front" } });

test.for<[what: string, selector: Selector | undefined, selects: boolean]>([
  ["an empty selector", {}, true],
  ["no selector", undefined, true],
  ["its labels", { matchLabels: { app: "web", tier: "front" } }, true],
  ["a label with another value", { matchLabels: { app: "web", tier: "back" } }, false],
  ["a label that it has not", { matchLabels: { zone: "a" } }, false],
  ["In with its value", expression("app", "In", "db", "web"), true],
  ["In without its value", expression("app", "In", "db"), false],
  ["In of a label that it has not", expression("zone", "In", "a"), false],
  ["NotIn with its value", expression("app", "NotIn", "web"), false],
  ["NotIn without its value", expression("app", "NotIn", "db"), true],
  ["NotIn of a label that it has not", expression("zone", "NotIn", "a"), true],
  ["Exists of its label", expression("app", "Exists"), true],
  ["Exists of another", expression("zone", "Exists"), false],
  ["DoesNotExist of its label", expression("app", "DoesNotExist"), false],
  ["DoesNotExist of another", expression("zone", "DoesNotExist"), true],
  ["both kinds at once", { ...expression("app", "Exists"), matchLabels: { tier: "front" } }, true],
  ["both kinds, of which one does not fit", { ...expression("app", "Exists"), matchLabels: { tier: "x" } }, false],
  ["an operator that nobody knows", expression("app", "Resembles", "wed"), true],
])("a policy with %s", ([, selector, selects]) => {
  expect(policiesOf(pod, [policy("p", selector)])).toEqual(selects ? ["p"] : []);
});

test("policies of other namespaces select nothing, and names are sorted", () => {
  expect(policiesOf(pod, [policy("b", {}), policy("c", {}, "other"), policy("a", {})])).toEqual(["a", "b"]);
});

test("a pod without labels is selected by what asks for none", () => {
  expect(policiesOf(podOf({}), [policy("all", {}), policy("web", { matchLabels: { app: "web" } })])).toEqual(["all"]);
});
