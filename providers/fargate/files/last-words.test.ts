import type { Task } from "@aws-sdk/client-ecs";
import { describe, expect, test } from "vitest";
import { ProviderError } from "../../../src/provider.ts";
import { fakeClock } from "../../../test/support/fake-clock.ts";
import { providerContext } from "../../../test/support/provider-context.ts";
import { createLastWords } from "./last-words.ts";

const taskOf = (id: string, exitCode = 1): Task => ({
  taskArn: `arn:aws:ecs:x:1:task/burstlet/${id}`,
  stopCode: "EssentialContainerExited",
  containers: [{ name: "burstlet_init", lastStatus: "STOPPED", exitCode }],
});

/** CloudWatch with these streams, each of which shows its lines from so many seconds on. */
function setUp(streams: Readonly<Record<string, { readonly lines: readonly string[]; readonly after?: number }>> = {}) {
  const clock = fakeClock();
  const began = clock.monotonic();
  const seconds = (): number => (clock.monotonic() - began) / 1000;
  const calls: string[] = [];
  const settled = new Map<string, number>();
  const words = createLastWords({
    clock,
    limiter: providerContext(clock).limiter,
    settled: (arn) => void settled.set(arn.slice(-1), seconds()),
    client: {
      async page(stream, { limit }) {
        calls.push(stream);
        const found = streams[stream];
        if (found === undefined) throw new ProviderError("notFound", "ResourceNotFoundException", "no such stream");
        const lines = seconds() >= (found.after ?? 0) ? found.lines.slice(-(limit ?? 0)) : [];
        const events = lines.map((message) => ({ timestamp: 0, ingestionTime: 0, message }));
        return { events, forward: undefined, backward: undefined };
      },
    },
  });
  return { clock, calls, words, settled };
}

const stream = "bl/burstlet_init/a";
const awaited = { text: "", awaited: true };
const none = { text: "", awaited: false };

describe("last words of the container for files", () => {
  test("are its last three lines, read once", async () => {
    const { words, clock, calls, settled } = setUp({
      [stream]: { lines: ["one", "two\n", "sh: base64: not found", "end"] },
    });
    expect(words.of(taskOf("a"))).toEqual(awaited);
    await clock.advance(0);
    expect(settled).toEqual(new Map([["a", 0]]));
    expect(words.of(taskOf("a"))).toEqual({ text: "two; sh: base64: not found; end", awaited: false });
    await clock.advance(60_000);
    expect(calls).toEqual([stream]);
  });

  test("are looked for again while CloudWatch does not show them yet", async () => {
    const { words, clock, settled } = setUp({ [stream]: { lines: ["late"], after: 3 } });
    words.of(taskOf("a"));
    await clock.advance(2_900);
    expect(words.of(taskOf("a"))).toEqual(awaited);
    await clock.advance(200);
    expect(words.of(taskOf("a"))).toEqual({ text: "late", awaited: false });
    expect(settled).toEqual(new Map([["a", 3]]));
  });

  test("are given up after five seconds, where it has written nothing or has no stream", async () => {
    const { words, clock, settled } = setUp({ [stream]: { lines: [] } });
    for (const id of ["a", "b"]) words.of(taskOf(id));
    await clock.advance(4_900);
    for (const id of ["a", "b"]) expect(words.of(taskOf(id))).toEqual(awaited);
    await clock.advance(200);
    for (const id of ["a", "b"]) expect(words.of(taskOf(id))).toEqual(none);
    expect([...settled.values()]).toEqual([5, 5]);
  });

  test("are cut, so that a status stays readable", async () => {
    const { words, clock } = setUp({ [stream]: { lines: [`${"x".repeat(2_000)} the end`] } });
    words.of(taskOf("a"));
    await clock.advance(0);
    const { text } = words.of(taskOf("a"));
    expect(text).toHaveLength(500);
    expect(text).toMatch(/ the end$/);
  });

  test("of many tasks that fail at once cost few calls, and hold up none of them for longer", async () => {
    const { words, clock, calls } = setUp();
    const tasks = Array.from({ length: 200 }, (_, n) => taskOf(String(n)));
    for (const task of tasks) expect(words.of(task)).toEqual(awaited);
    await clock.advance(5_000);
    for (const task of tasks) expect(words.of(task)).toEqual(none);
    await clock.advance(60_000);
    expect(calls.length).toBeLessThanOrEqual(30);
  });

  test.for<[string, Task]>([
    ["whose files are there", taskOf("a", 0)],
    [
      "in which it never began",
      {
        ...taskOf("a"),
        containers: [{ name: "burstlet_init", lastStatus: "STOPPED", reason: "CannotPullContainerError" }],
      },
    ],
  ])("are asked of no task %s", async ([, task]) => {
    const { words, calls, clock } = setUp();
    expect(words.of(task)).toEqual(none);
    await clock.advance(1_000);
    expect(calls).toEqual([]);
  });
});
