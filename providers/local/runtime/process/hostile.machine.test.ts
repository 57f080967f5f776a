import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TaskState } from "../../../../src/provider.ts";
import { hostileTasks, makeOutside } from "../../../../test/support/tasks/hostile-tasks.ts";
import { describeWith } from "../../../../test/support/requirements.ts";
import { openWorld, type World } from "./testing.ts";

const titles = hostileTasks("/nowhere", "busybox").map(({ what }, index) => [what, index] as const);

/** Ended, or told why it does not start; what plants a link has succeeded. */
const isOver = ({ containers, phase, reason }: TaskState): boolean =>
  phase === "stopped" ||
  reason !== undefined ||
  containers.some(({ kind, state }) => kind === "init" && state.is === "terminated" && state.exitCode !== 0);

function hostileTests(isolation: boolean, script?: string): void {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(isolation ? {} : { isolation: false });
  });
  afterAll(() => world?.close());

  it.for(titles)("%s", async ([, index]) => {
    using outside = makeOutside();
    const { volumes = [], containers = [] } = hostileTasks(outside.path, "busybox", script)[index] ?? {};
    const task = world.task(`hostile-${index}`, containers, { volumes });
    await world.runtime.start(task);
    const state = await world.until(task, isOver);
    const planted = state.containers.filter(({ kind }) => kind === "init");
    for (const { state: end } of planted) expect(end).toMatchObject({ exitCode: 0 });
    expect(outside.changes()).toEqual([]);
    await world.discard(task);
    expect(outside.changes()).toEqual([]);
  });
}

describeWith(["root", "namespaces", "busybox"], "nothing is written outside of a task's folder, when", () => {
  hostileTests(true);
});

// A program may write there whatever burstlet's user may: this is about what is made for it.
describe("nothing is made outside of a task's folder where the host permits no namespaces, when", () => {
  hostileTests(false, "true");
});
