import { describe, expect, onTestFinished, test } from "vitest";
import { ProviderError } from "../../../src/provider.ts";
import { fakeClock } from "../../../test/support/fake-clock.ts";
import { silentLog as log } from "../../../test/support/silent-log.ts";
import { sweepSecrets } from "./sweep.ts";
import { arnOf, memoryVault } from "./testing.ts";

const prefix = "burstlet/c/n/";
const MINUTE = 60_000;

/** A burstlet that has just been started; `inUse` undefined: its tasks are not all known. */
function world(inUse?: readonly string[]) {
  const client = memoryVault();
  const clock = fakeClock(0);
  const state = { inUse, used: new Map<string, number>() };
  const start = () => {
    const done = new AbortController();
    const vault = { usedAt: (name: string) => state.used.get(name), remove: client.remove };
    const marks = () => state.inUse && new Set(state.inUse.map(arnOf));
    const options = { client, what: "secrets", vault, prefix, inUse: marks, graceSeconds: 3_600, clock, log };
    const sweeping = sweepSecrets(options, done.signal);
    const stop = async () => {
      done.abort();
      await sweeping;
    };
    onTestFinished(stop);
    return stop;
  };
  const put = (...names: string[]) => names.forEach((name) => client.stored.set(name, "content"));
  return { client, clock, state, start, put, left: () => [...client.stored.keys()] };
}

describe("the sweep of secrets", () => {
  test("removes what no task needs, after an hour and not before", async () => {
    const { clock, start, put, left } = world([]);
    put(`${prefix}a`);
    start();
    await clock.advance(59 * MINUTE);
    expect(left()).toHaveLength(1);
    await clock.advance(12 * MINUTE);
    expect(left()).toEqual([]);
  });

  test("keeps what a task names, and begins the hour when none does any more", async () => {
    const { clock, state, start, put, left } = world([`${prefix}a`]);
    put(`${prefix}a`);
    start();
    await clock.advance(5 * 60 * MINUTE);
    expect(left()).toHaveLength(1);
    state.inUse = [];
    await clock.advance(59 * MINUTE);
    expect(left()).toHaveLength(1);
    await clock.advance(25 * MINUTE);
    expect(left()).toEqual([]);
  });

  test("begins the hour anew when a task needs it again meanwhile, or a launch asks for it", async () => {
    const { clock, state, start, put, left } = world([]);
    put(`${prefix}a`, `${prefix}b`);
    start();
    await clock.advance(50 * MINUTE);
    state.inUse = [`${prefix}a`];
    state.used.set(`${prefix}b`, clock.monotonic());
    await clock.advance(10 * MINUTE);
    state.inUse = [];
    await clock.advance(45 * MINUTE);
    expect(left()).toHaveLength(2);
    await clock.advance(40 * MINUTE);
    expect(left()).toEqual([]);
  });

  test("begins the hour anew with each process, which cannot know what the one before has seen", async () => {
    const { clock, start, put, left } = world([]);
    put(`${prefix}a`);
    const stop = start();
    await clock.advance(50 * MINUTE);
    await stop();
    start();
    await clock.advance(50 * MINUTE);
    expect(left()).toHaveLength(1);
    await clock.advance(20 * MINUTE);
    expect(left()).toEqual([]);
  });

  test("does nothing while not every task is known", async () => {
    const { client, clock, state, start, put, left } = world();
    put(`${prefix}a`);
    start();
    await clock.advance(120 * MINUTE);
    expect([left().length, client.calls]).toEqual([1, []]);
    state.inUse = [];
    await clock.advance(71 * MINUTE);
    expect(left()).toEqual([]);
  });

  test("leaves what is not this node's", async () => {
    const { clock, start, put, left } = world([]);
    put("burstlet/c/other/a", "burstlet-key/c", "theirs");
    start();
    await clock.advance(180 * MINUTE);
    expect(left()).toHaveLength(3);
  });

  test("goes on after a failure, and removes each secret once", async () => {
    const { client, clock, start, put, left } = world([]);
    put(`${prefix}a`, `${prefix}b`);
    const error = new ProviderError("denied", "AccessDeniedException", "no secretsmanager:DeleteSecret");
    client.failures.push({ call: "list", error }, { call: "remove", error });
    start();
    await clock.advance(120 * MINUTE);
    expect(left()).toEqual([]);
    const removed = client.calls.filter((call) => call.startsWith("remove"));
    // One more than there are: the first was refused.
    expect(removed).toHaveLength(3);
  });
});
