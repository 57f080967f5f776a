import { describe, expect, it } from "vitest";
import type { PodSpec } from "../model/kube.ts";
import { mayRunAgain, restartPolicyOf } from "./may-run-again.ts";
import { phaseOf } from "./phase.ts";
import { status } from "./testing.ts";

const rule = (operator: "In" | "NotIn", ...values: number[]) => ({
  action: "Restart",
  exitCodes: { operator, values },
});
const spec = (more: object, pod = "Never", list: "containers" | "initContainers" = "containers"): PodSpec => ({
  containers: [],
  restartPolicy: pod,
  [list]: [{ name: "a", image: "i", ...more }],
});
const again = (more: object, code: number | undefined, pod?: string): boolean =>
  mayRunAgain("main", restartPolicyOf(spec(more, pod), "a"), code);

describe("the restart policy of a container", () => {
  it.for<[string, object, string, readonly boolean[]]>([
    ["is the pod's where it has none", {}, "OnFailure", [false, true, true]],
    ["comes before the pod's", { restartPolicy: "Always" }, "Never", [true, true, true]],
    ["may forbid what the pod's allows", { restartPolicy: "Never" }, "Always", [false, false, false]],
  ])("%s", ([, more, pod, expected]) => {
    expect([0, 1, undefined].map((code) => again(more, code, pod))).toEqual(expected);
  });

  it("is that of the container of this name, and Always where nobody says anything", () => {
    const two = { ...spec({ restartPolicy: "Never" }), initContainers: [{ name: "b", restartPolicy: "Always" }] };
    const policies = ["a", "b", "c"].map((name) => restartPolicyOf(two, name).restartPolicy);
    expect(policies).toEqual(["Never", "Always", "Never"]);
    expect(restartPolicyOf(undefined, "a").restartPolicy).toBe("Always");
    expect(restartPolicyOf({ containers: [] }, "a").restartPolicy).toBe("Always");
  });
});

describe("restart rules of a container", () => {
  const rules = { restartPolicy: "Never", restartPolicyRules: [rule("In", 42, 43)] };

  it("allow another run for the exit codes that they name, and leave the others to the policy", () => {
    expect([42, 43, 44, 0].map((code) => again(rules, code))).toEqual([true, true, false, false]);
    const onFailure = { ...rules, restartPolicy: "OnFailure" };
    expect([42, 1, 0].map((code) => again(onFailure, code))).toEqual([true, true, false]);
  });

  it("may name the exit codes that they do not mean, and take an unknown end for what is shown of it", () => {
    const others = { restartPolicy: "Never", restartPolicyRules: [rule("NotIn", 0, 1)] };
    expect([0, 1, 2, undefined].map((code) => again(others, code))).toEqual([false, false, true, true]);
    expect(again(rules, undefined)).toBe(false);
  });

  it.for<[string, object]>([
    ["without exit codes", { action: "Restart" }],
    ["without a list of them", { action: "Restart", exitCodes: { operator: "In" } }],
  ])("%s mean nothing", ([, vague]) => {
    expect(again({ restartPolicy: "Never", restartPolicyRules: [vague] }, 42)).toBe(false);
  });

  it("mean nothing without a policy of the container's own, for an init container that has succeeded, or to an ephemeral one", () => {
    expect(again({ restartPolicyRules: [rule("In", 42)] }, 42)).toBe(false);
    const policy = restartPolicyOf(spec({ ...rules, restartPolicyRules: [rule("In", 0, 42)] }), "a");
    expect(mayRunAgain("init", policy, 0)).toBe(false);
    expect(mayRunAgain("init", policy, 42)).toBe(true);
    expect(mayRunAgain("ephemeral", policy, 42)).toBe(false);
  });

  it("keep a pod from ending", () => {
    const phase = (code: number, list: "containers" | "initContainers" = "containers") => {
      const one = [status("a", code)];
      const statuses = list === "containers" ? { init: [], main: one } : { init: one, main: [] };
      return phaseOf(spec(rules, "Never", list), statuses, "Pending");
    };
    expect([phase(42), phase(44), phase(0)]).toEqual(["Running", "Failed", "Succeeded"]);
    expect([phase(42, "initContainers"), phase(44, "initContainers")]).toEqual(["Pending", "Failed"]);
  });
});
