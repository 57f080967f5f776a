import { expect, test } from "vitest";
import { fakeClock } from "../../../test/support/fake-clock.ts";
import { podWith } from "../../../test/support/resolve-sources.ts";
import { silentLog as log } from "../../../test/support/silent-log.ts";
import { type Pod, ProviderError, type TaskFeed, type TaskState } from "../../../src/provider.ts";
import { createFeed } from "../groups/feed.ts";
import { ended, fakeAzure, groupsFor, identity, owner, type Parts, running } from "../groups/testing.ts";
import { createSoften, type SoftenOptions } from "./soften.ts";

const task = { identity: { ...identity, podUid: "one" } };
const up = { currentState: running() };

interface Shell {
  /** What the shell of a container answers; it has said `kill -TERM 1`. */
  readonly run?: (container: string) => Promise<{ code: number; output: string }>;
  readonly pod?: Pod;
  readonly parts?: Parts;
}

/** A group whose containers are asked to end, with a grace of 30 s. `said`: what happened in it, in order. */
async function world({ run, pod, parts = { main: up } }: Shell = {}) {
  const azure = fakeAzure();
  const clock = fakeClock();
  const groups = groupsFor(clock);
  const feed = createFeed({ client: azure.client, groups, owner, clock, log });
  const told: TaskState[] = [];
  const watcher: TaskFeed = { task: (state) => void told.push(state), gone() {}, synced() {}, health() {} };
  const name = azure.put("one", parts);
  void feed.watch(watcher, new AbortController().signal);
  await clock.advance(0);
  const said: string[] = [];
  const options: SoftenOptions = {
    feed,
    groups,
    exec: async () => {
      said.push("exec");
      throw new ProviderError("invalid", "NoShell", "the image has no shell");
    },
    hear: async ({ container }) => void said.push(`heard ${container}`),
    run: async ({ container }) => {
      said.push(`TERM ${container}`);
      return (await run?.(container)) ?? { code: 0, output: "" };
    },
    clock,
    log,
  };
  const grace = new AbortController();
  const known = groups.find(task);
  if (known === undefined) throw new Error("not known");
  let isOver = false;
  void createSoften(options)(known, pod, grace.signal).then(() => (isOver = true));
  await clock.advance(0);
  return {
    clock,
    said,
    told,
    put: (next: Parts) => void azure.put("one", next),
    lapse: () => grace.abort(),
    main: () => groups.get(name)?.state.containers.find((one) => one.name === "main"),
    last: () => told.at(-1),
    get isOver() {
      return isOver;
    },
  };
}

test("a container is sent SIGTERM, and is waited for until it has ended", async () => {
  const life = await world();
  expect(life.said).toEqual(["heard main", "TERM main"]);
  await life.clock.advance(9_000);
  expect(life.isOver).toBe(false);
  life.put({ main: { restartCount: 1, currentState: running(), previousState: ended(143) } });
  await life.clock.advance(3_000);
  expect([life.isOver, life.main()]).toMatchObject([true, { instance: 0, state: { exitCode: 143 } }]);
});

test("a sidecar is sent it when the main containers have ended", async () => {
  const life = await world({ parts: { main: up, sidecar: up } });
  await life.clock.advance(3_000);
  expect(life.said).toEqual(["heard side", "heard main", "TERM main"]);
  life.put({ main: { currentState: ended(0) }, sidecar: up });
  await life.clock.advance(3_000);
  expect(life.said).toEqual(["heard side", "heard main", "TERM main", "TERM side"]);
});

test("a hook comes before it, and no longer than the grace", async () => {
  const pod = podWith({ name: "main", lifecycle: { preStop: { sleep: { seconds: 10 } } } });
  const short = await world({ pod });
  await short.clock.advance(9_000);
  expect(short.said).toEqual(["heard main"]);
  await short.clock.advance(1_500);
  expect(short.said).toEqual(["heard main", "TERM main"]);
  const long = await world({ pod });
  await long.clock.advance(5_000);
  long.lapse();
  await long.clock.advance(100);
  expect(long.said).toEqual(["heard main", "TERM main"]);
  expect(long.main()?.hookFailures?.preStop).toContain("the grace was over");
  await long.clock.advance(5_000);
  expect(long.isOver).toBe(true);
});

test("a hook that fails is told, and SIGTERM follows", async () => {
  const life = await world({ pod: podWith({ name: "main", lifecycle: { preStop: { exec: { command: ["x"] } } } }) });
  expect(life.said).toEqual(["heard main", "exec", "TERM main"]);
  expect(life.main()?.hookFailures).toEqual({ preStop: "the image has no shell" });
});

test("who has no shell is not waited for, which is told once", async () => {
  const none = async (): Promise<never> => Promise.reject(new ProviderError("invalid", "NoShell", "it has no shell"));
  const life = await world({ run: none });
  await life.clock.advance(3_000);
  expect(life.isOver).toBe(true);
  expect(life.last()?.warning).toMatchObject({ reason: "EndedWithoutSIGTERM" });
  expect(life.last()?.warning?.message).toContain("main: it has no shell");
  expect(new Set(life.told.map(({ warning }) => warning?.message)).size).toBe(2);
});

test("a shell that cannot be had for a moment is asked again, until the grace is over", async () => {
  const down = async (): Promise<never> => Promise.reject(new ProviderError("transient", "ShellSilent", "later"));
  const life = await world({ run: down });
  await life.clock.advance(7_000);
  expect(life.said.length).toBe(1 + 4);
  life.lapse();
  await life.clock.advance(4_000);
  expect(life.isOver).toBe(true);
});

test("a shell that breaks off has ended with its container", async () => {
  const broken = async (): Promise<never> => Promise.reject(new ProviderError("unknown", "StreamBroken", "broke off"));
  const life = await world({ run: broken });
  life.put({ main: { currentState: ended(0) } });
  await life.clock.advance(1_500);
  expect([life.isOver, life.said, life.last()?.warning]).toEqual([true, ["heard main", "TERM main"], undefined]);
});
