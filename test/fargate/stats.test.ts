/** What tasks of the stand-in use: its figures, written as the helper writes them, and read back by the provider. */
import { describe, expect, test } from "vitest";
import type { TaskState } from "../../src/provider.ts";
import { statsName } from "../../providers/fargate/stats/helper.ts";
import { eventually } from "../support/eventually.ts";
import { podOf } from "../support/resolve-sources.ts";
import { type Fargate, openFargate, uidOf } from "./testing.ts";

const stats = { intervalSeconds: 10 };
const running = ({ phase }: TaskState): boolean => phase === "running";
const containers = ["main", "beside"].map((name) => ({ name, image: "scripted" }));

async function launched(fargate: Fargate, n: number): Promise<TaskState> {
  const watched = fargate.watch();
  await fargate.launch(uidOf(n), {}, podOf({ containers }));
  return watched.until("it runs", uidOf(n), running);
}

/** As the metadata endpoint tells `container` of its whole task. */
async function endpoint({ world }: Fargate, { id }: TaskState, container: string): Promise<string> {
  const task = id.slice(id.lastIndexOf("/") + 1);
  return (await fetch(`${world.aws.url}/v4/${task}/${container}/task/stats`)).text();
}

describe("usage of a task", () => {
  test("is what the metadata endpoint tells of the pod's containers, once the helper has written it, also to a burstlet that has just started", async () => {
    await using fargate = await openFargate({}, { stats });
    const state = await launched(fargate, 1);
    fargate.world.aws.print(state.id, statsName, [await endpoint(fargate, state, statsName)]);
    const [told] = await eventually("it is told", async () => {
      const all = await fargate.provider.stats?.();
      return all?.length === 1 && all;
    });
    expect(told?.identity).toEqual(state.identity);
    expect(told?.containers.map(({ name }) => name)).toEqual(["main", "beside"]);
    for (const { time, startedAt, cpuSeconds, memoryBytes } of told?.containers ?? []) {
      expect(Math.abs(time - Date.now())).toBeLessThan(10_000);
      expect(startedAt).toBeLessThanOrEqual(time);
      expect(cpuSeconds).toBeGreaterThan(0);
      expect(memoryBytes).toBe(2 ** 20);
    }
    const again = await fargate.again();
    await again.list();
    expect((await again.stats?.())?.map(({ identity }) => identity)).toEqual([state.identity]);
  });

  test("costs no container and no call where nobody has asked for it", async () => {
    await using fargate = await openFargate();
    const { id } = await launched(fargate, 1);
    expect(fargate.provider.stats).toBeUndefined();
    const task = await fargate.world.look(id);
    expect(task?.containers?.map(({ name }) => name).toSorted()).toEqual(["beside", "main"]);
    expect(fargate.world.aws.calls.of("logs:FilterLogEvents")).toBe(0);
  });
});
