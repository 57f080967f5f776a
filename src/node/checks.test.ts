import { describe, expect, it } from "vitest";
import { healthAnswer } from "../telemetry/health.ts";
import { nodeChecks, type NodeState } from "./checks.ts";

const well: NodeState = {
  known: { pods: true, tasks: true },
  apiTrouble: () => undefined,
  providerTrouble: () => undefined,
  leaseAge: () => 12_000,
};

const troubles: readonly (readonly [Partial<NodeState>, string])[] = [
  [{ apiTrouble: () => "cannot be used" }, "[-]api-server failed: cannot be used"],
  [{ known: { pods: false, tasks: true } }, "[-]pods failed: the pods of this node are not known yet"],
  [{ leaseAge: () => 41_000 }, "[-]lease failed: the lease was renewed 41 s ago"],
  [{ leaseAge: () => Infinity }, "[-]lease failed: the lease is not held yet"],
  [{ providerTrouble: () => "cloud is away" }, "[-]provider failed: cloud is away"],
  [{ known: { pods: true, tasks: false } }, "[-]provider failed: the provider has not told its tasks yet"],
];

describe("the health of a virtual node", () => {
  it.for(["livez", "readyz", "healthz"] as const)("is well on /%s when all is", (endpoint) => {
    expect(healthAnswer(nodeChecks(well), endpoint, new URLSearchParams())).toEqual({ status: 200, body: "ok" });
  });

  it.for(troubles)("%#: fails /readyz with a sentence, and never /livez", ([trouble, line]) => {
    const checks = nodeChecks({ ...well, ...trouble });
    const answer = healthAnswer(checks, "readyz", new URLSearchParams());
    expect(answer.status).toBe(500);
    expect(answer.body.split("\n")).toContain(line);
    expect(healthAnswer(checks, "livez", new URLSearchParams()).status).toBe(200);
  });
});
