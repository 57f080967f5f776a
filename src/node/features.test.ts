import { expect, test } from "vitest";

import type { Provider } from "../provider.ts";
import { declaredFeatures } from "./features.ts";
import { nodeStatus } from "./node-object.ts";
import { facts } from "./testing.ts";

const exec: Pick<Provider, "exec"> = { exec: () => Promise.reject(new Error("never called")) };

test.for([
  ["v1.36.0", true, exec, ["ExtendWebSocketsToKubelet"]],
  ["v1.40.2-eks-1", true, exec, ["ExtendWebSocketsToKubelet"]],
  ["v1.36.0", false, exec, []],
  ["v1.36.0", true, {}, []],
  ["v1.35.9", true, exec, undefined],
  ["v1.9.0", true, exec, undefined],
  ["unknown", true, exec, undefined],
] as const)(
  "an API server %s, WebSockets %s and %o make the declaration %o",
  ([kubernetes, on, provider, declared]) => {
    expect(declaredFeatures(kubernetes, on, provider)).toEqual(declared);
  },
);

test("an empty declaration takes back an earlier one, and none leaves the field alone", () => {
  const declaredIn = (features: readonly string[] | undefined) =>
    (nodeStatus({ ...facts, declaredFeatures: features }) as { declaredFeatures?: string[] }).declaredFeatures;
  expect(declaredIn(["ExtendWebSocketsToKubelet"])).toEqual(["ExtendWebSocketsToKubelet"]);
  expect(declaredIn([])).toEqual([]);
  expect(nodeStatus(facts)).not.toHaveProperty("declaredFeatures");
});
