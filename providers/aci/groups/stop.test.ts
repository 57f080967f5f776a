import { describe, expect, test } from "vitest";
import { fakeClock } from "../../../test/support/fake-clock.ts";
import { silentLog as log } from "../../../test/support/silent-log.ts";
import { ProviderError, type TaskFeed } from "../../../src/provider.ts";
import { createFeed } from "./feed.ts";
import { createStop, type Soften } from "./stop.ts";
import { fakeAzure, groupsFor, identity, owner, running } from "./testing.ts";

const up = { main: { currentState: running() } };
const starting = { state: "Pending", provisioning: "Creating", main: {} };
const task = { identity: { ...identity, podUid: "one" } };
const deaf: TaskFeed = { task() {}, gone() {}, synced() {}, health() {} };

async function world(parts: object | undefined, soften: Soften = async () => {}) {
  const azure = fakeAzure();
  const clock = fakeClock();
  const groups = groupsFor(clock);
  const feed = createFeed({ client: azure.client, groups, owner, clock, log });
  const stop = createStop({ feed, groups, clock, soften });
  if (parts !== undefined) azure.put("one", parts);
  void feed.watch(deaf, new AbortController().signal);
  await clock.advance(0);
  azure.taken();
  const asked = () => azure.taken().filter((call) => /^(stop|delete)/.test(call));
  return { azure, clock, groups, stop, asked };
}

const soon = { graceSeconds: 30, discard: false };
const discard = { graceSeconds: 0, discard: true };

describe("a group that runs", () => {
  test("is stopped, and deleted only when its final states are recorded", async () => {
    const { clock, groups, stop, asked } = await world(up);
    expect(await stop(task, soon)).toBe("stopping");
    await clock.advance(3_000);
    expect(asked()).toEqual(["stop bl-one"]);
    expect(groups.find(task)?.state).toMatchObject({ phase: "stopped", containers: [{ state: { exitCode: 137 } }] });
    expect(await stop(task, soon)).toBe("stopped");
    expect(await stop(task, discard)).toBe("stopping");
    expect(asked()).toEqual(["delete bl-one"]);
    await clock.advance(3_000);
    expect(await stop(task, discard)).toBe("gone");
  });

  test("is left in peace until its containers have ended by themselves, or the grace is over", async () => {
    const late: boolean[] = [];
    const soften: Soften = async (_, __, signal) =>
      new Promise((resolve) =>
        signal.addEventListener("abort", () => {
          late.push(true);
          resolve();
        }),
      );
    const { clock, stop, asked } = await world(up, soften);
    await stop(task, soon);
    await clock.advance(29_000);
    expect(asked()).toEqual([]);
    await clock.advance(2_000);
    expect([late, asked()]).toEqual([[true], ["stop bl-one"]]);
  });

  test("is stopped at once when its containers have ended, although its grace is not over", async () => {
    const over = Promise.withResolvers<void>();
    const { clock, stop, asked } = await world(up, async () => over.promise);
    await stop(task, soon);
    await stop(task, soon);
    await clock.advance(5_000);
    over.resolve();
    await clock.advance(0);
    expect(asked()).toEqual(["stop bl-one"]);
  });

  test("has less time when a later call says so, and not more", async () => {
    const { clock, stop, asked } = await world(up, async () => new Promise(() => {}));
    await stop(task, soon);
    await stop(task, { graceSeconds: 2, discard: false });
    await stop(task, { graceSeconds: 60, discard: false });
    await clock.advance(6_900);
    expect(asked()).toEqual([]);
    // A last SIGTERM has time, then nothing is waited for.
    await clock.advance(200);
    expect(asked()).toEqual(["stop bl-one"]);
  });

  test("is deleted when a stop shows no effect", async () => {
    const { azure, clock, stop, asked } = await world(up);
    azure.client.stop = async (name) => void azure.calls.push(`stop ${name}`);
    for (let calls = 0; calls < 8; calls++) {
      await stop(task, soon);
      await clock.advance(5_000);
    }
    expect(asked()).toEqual(["stop bl-one", "delete bl-one"]);
    expect([await stop(task, soon), await stop(task, discard)]).toEqual(["stopped", "gone"]);
  });

  test("tells who asks that it cannot be ended", async () => {
    const { azure, clock, stop } = await world(up);
    azure.failing.set("stop", new ProviderError("denied", "AuthorizationFailed", "words"));
    await stop(task, soon);
    await clock.advance(0);
    await expect(stop(task, soon)).rejects.toMatchObject({ kind: "denied" });
  });

  test("is deleted when Azure refuses to stop it", async () => {
    const { azure, clock, stop, asked } = await world(up);
    azure.failing.set("stop", new ProviderError("invalid", "InvalidOperation", "words"));
    await stop(task, soon);
    await clock.advance(0);
    expect(asked()).toEqual(["stop bl-one", "delete bl-one"]);
  });

  test("in transition is stopped later", async () => {
    const { azure, clock, stop, asked } = await world(up);
    azure.failing.set(
      "stop",
      new ProviderError("conflict", "ContainerGroupTransitioning", "words", { retryAfter: 10 }),
    );
    await stop(task, soon);
    await clock.advance(0);
    azure.failing.clear();
    expect(await stop(task, soon)).toBe("stopping");
    expect(asked()).toEqual(["stop bl-one"]);
    await clock.advance(10_000);
    await stop(task, soon);
    expect(asked()).toEqual(["stop bl-one"]);
  });
});

describe("a group that still starts", () => {
  test("is deleted at once, and what is known of it is its end", async () => {
    const { clock, stop, asked, groups } = await world({ ...starting, init: { currentState: running() } });
    expect(await stop(task, soon)).toBe("stopping");
    expect(await stop(task, soon)).toBe("stopping");
    expect(asked()).toEqual(["delete bl-one"]);
    await clock.advance(3_000);
    expect(await stop(task, soon)).toBe("stopped");
    expect(groups.find(task)?.state.containers).toMatchObject([
      { name: "init", state: { is: "terminated", exitCode: undefined } },
      { name: "main", state: { is: "waiting" } },
    ]);
    expect(await stop(task, discard)).toBe("gone");
    expect([await stop(task, discard), asked()]).toEqual(["gone", []]);
  });

  test("is asked for again when it is still there half a minute later", async () => {
    const { azure, clock, stop, asked } = await world(starting);
    azure.lasting.set("bl-one", 100);
    for (let calls = 0; calls < 7; calls++) {
      await stop(task, soon);
      await clock.advance(5_000);
    }
    expect(asked()).toEqual(["delete bl-one", "delete bl-one"]);
  });

  test("is asked for once while the deletion waits for its quota", async () => {
    const { azure, clock, stop, asked } = await world(starting);
    azure.client.remove = async (name) => {
      azure.calls.push(`delete ${name}`);
      return new Promise(() => {});
    };
    for (let calls = 0; calls < 30; calls++) {
      await stop(task, soon);
      await clock.advance(5_000);
    }
    expect(asked()).toEqual(["delete bl-one"]);
  });
});

describe("a task", () => {
  test("that was never launched is gone", async () => {
    const { azure, stop } = await world(undefined);
    expect(await stop(task, soon)).toBe("gone");
    expect(azure.taken()).toEqual(["list"]);
  });

  test("that nobody has told of, and that Azure has, is found", async () => {
    const { azure, stop, asked } = await world(undefined);
    azure.put("one", up);
    expect(await stop(task, soon)).toBe("stopping");
    await Promise.resolve();
    expect(asked()).toEqual(["stop bl-one"]);
  });

  test("is not called gone while Azure cannot be asked", async () => {
    const { azure, stop } = await world(undefined);
    azure.failing.set("list", new ProviderError("transient", "CloudUnreachable", "words"));
    await expect(stop(task, soon)).rejects.toMatchObject({ kind: "transient" });
  });
});
