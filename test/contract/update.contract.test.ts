import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { ResolvedFile } from "../../src/provider.ts";
import { systemClock } from "../../src/telemetry/clock.ts";
import { describeWith } from "../support/requirements.ts";
import { method, type Sabotage, sabotagePatience } from "./sabotage.ts";
import type { ContractTarget } from "./target.ts";
import { processTarget } from "./targets/process-target.ts";
import { updateTests } from "./tests/update-tests.ts";
import { createWorkbench, type Workbench } from "./workbench.ts";

const nothing = method("update", () => async () => undefined);
/** Files that are gone from the change stay in the volume. */
const addsOnly = (): Sabotage => {
  const known = new Map<string, readonly ResolvedFile[]>();
  return method("update", (update) => async (task, { files = [] }, signal) => {
    const more = files.map((one) => {
      const all = new Map([...(known.get(task.identity.podUid) ?? []), ...one.files].map((file) => [file.path, file]));
      known.set(task.identity.podUid, [...all.values()]);
      return { ...one, files: [...all.values()] };
    });
    await update?.(task, { files: more }, signal);
  });
};
const withoutModes = method("update", (update) => async (task, { files = [] }, signal) => {
  const plain = files.map((one) => ({ ...one, files: one.files.map((file) => ({ ...file, mode: 0o644 })) }));
  await update?.(task, { files: plain }, signal);
});
/** There is a moment without any file. */
const inTwoSteps = method("update", (update) => async (task, change, signal) => {
  await update?.(task, { files: (change.files ?? []).map((one) => ({ ...one, files: [] })) }, signal);
  await systemClock.sleep(100);
  await update?.(task, change, signal);
});
const pinnedIsLive = method(
  "exec",
  (exec) => async (target, command, signal) =>
    exec?.(
      target,
      { ...command, argv: command.argv.map((word) => word.replace("/pinned", "/live/pinned")) },
      signal,
    ) as never,
);
const complainsNever = method(
  "update",
  (update) =>
    async (...args) =>
      update?.(...args).catch(() => undefined),
);

const sabotages: Readonly<Record<string, readonly Sabotage[]>> = {
  "update replaces the files of a volume: changed ones, more and fewer, with their modes": [
    nothing,
    addsOnly(),
    withoutModes,
  ],
  "a file that is mounted by subPath stays as it was while its container runs": [nothing, pinnedIsLive],
  "a container that runs again has the new files": [nothing],
  "who reads a file while it is replaced finds the old or the new, whole": [inTwoSteps],
  "update may be repeated, and is refused for a task or a volume that there is not": [nothing, complainsNever],
};

describeWith(["root", "namespaces", "busybox"], "the contract suite of live files, on the process runtime", () => {
  let target: ContractTarget;
  let bench: Workbench | undefined;
  beforeAll(async () => {
    target = await processTarget();
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
    expect(Object.keys(sabotages).toSorted()).toEqual(updateTests.map(({ name }) => name).toSorted());
  });

  const broken = Object.entries(sabotages).flatMap(([name, list]) =>
    list.map((one, index) => [name, index, one] as const),
  );
  test.for(broken)("sees a provider fail that breaks: %s (%i)", async ([name, , sabotage]) => {
    // The target is for all of them.
    const provider = method("close", () => undefined)(sabotage(target.provider));
    bench = await createWorkbench({ ...target, provider, close: async () => undefined }, sabotagePatience);
    const found = updateTests.find((one) => one.name === name);
    await expect(found?.run(bench)).rejects.toThrow();
  });
});
