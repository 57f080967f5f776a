import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { describeWith } from "../support/requirements.ts";
import { hookTests } from "./tests/hook-tests.ts";
import { containers, method, type Sabotage, sabotagePatience } from "./sabotage.ts";
import type { ContractTarget } from "./target.ts";
import { engineTarget } from "./targets/engine-target.ts";
import { createWorkbench, type Workbench } from "./workbench.ts";

const runs = containers((one) =>
  one.state.is === "waiting" ? { ...one, state: { is: "running", startedAt: 0 } } : one,
);
const sabotages: Readonly<Record<string, readonly Sabotage[]>> = {
  "a container runs once its postStart hook has succeeded, and the next one starts then": [
    runs,
    containers((one) =>
      one.name === "next" && one.state.is === "waiting" ? { ...one, state: { is: "running", startedAt: 0 } } : one,
    ),
  ],
  "a container whose postStart hook fails ends without ever having run, and why is told": [
    runs,
    containers(({ hookFailures: _none, ...one }) => one),
  ],
  "stop waits for a preStop hook before SIGTERM, and no longer than the grace": [
    method("stop", (stop) => async (task, how) => stop(task, { ...how, graceSeconds: 0 })),
    method("stop", (stop) => async (task, how) => stop(task, { ...how, graceSeconds: how.graceSeconds * 100 })),
  ],
  "a container that ends by itself has no preStop hook": [
    containers((one) => (one.state.is === "terminated" ? { ...one, state: { ...one.state, exitCode: 143 } } : one)),
  ],
  "an added container runs once beside the others, and ends with its own code": [
    method("addContainers", () => undefined),
    containers((one) => (one.kind === "ephemeral" ? { ...one, kind: "main" } : one)),
  ],
};

describeWith(["engine", "root", "namespaces", "busybox"], "the contract suite of hooks, on the engine runtime", () => {
  let target: ContractTarget;
  let bench: Workbench | undefined;
  beforeAll(async () => {
    target = await engineTarget();
  });
  afterEach(async () => {
    await bench?.clear();
    await bench?.close();
    bench = undefined;
  });
  afterAll(async () => {
    await target.provider.close?.();
    await target.close();
  });

  test("has a sabotage for each of its tests, and no other", () => {
    expect(Object.keys(sabotages).toSorted()).toEqual(hookTests.map(({ name }) => name).toSorted());
  });

  const broken = Object.entries(sabotages).flatMap(([name, list]) =>
    list.map((one, index) => [name, index, one] as const),
  );
  test.for(broken)("sees a provider fail that breaks: %s (%i)", async ([name, , sabotage]) => {
    // The target is for all of them.
    const provider = method("close", () => undefined)(sabotage(target.provider));
    bench = await createWorkbench({ ...target, provider, close: async () => undefined }, sabotagePatience);
    const found = hookTests.find((one) => one.name === name);
    await expect(found?.run(bench)).rejects.toThrow();
  });
});
