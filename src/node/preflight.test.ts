import { describe, expect, test } from "vitest";
import { fakeClock } from "../../test/support/fake-clock.ts";
import { silentLog } from "../../test/support/silent-log.ts";
import { type Launch, type Provider, ProviderError, type TaskState } from "../provider.ts";
import { createPreflight } from "./preflight.ts";

const missing = [
  { message: "cluster x does not exist", fix: "aws ecs create-cluster --cluster-name x" },
  { message: "subnet y does not exist", fix: "aws ec2 describe-subnets" },
];
const signal = new AbortController().signal;

function open(check: Provider["preflight"]) {
  const clock = fakeClock();
  let changes = 0;
  const lines: string[] = [];
  const note = (message: string): void => void lines.push(message);
  const log = { ...silentLog, info: note, warn: note, error: note };
  const preflight = createPreflight(check, { clock, log, changed: () => void changes++ });
  let launches = 0;
  const launched = { id: "t" } as TaskState;
  const provider = Object.freeze({
    name: "x",
    launch: async () => (launches++, launched),
  }) as unknown as Provider;
  const guarded = preflight.guarded(provider);
  const launch = async (): Promise<TaskState> => guarded.launch({} as Launch<unknown>, signal);
  return { clock, preflight, guarded, launch, lines, changes: () => changes, launches: () => launches };
}

describe("preflight", () => {
  test("denies launches while something is wrong, with every finding and fix, and tells it once", async () => {
    let findings = missing;
    const { clock, preflight, launch, lines, changes, launches } = open(async () => findings);
    const running = preflight.run(signal);
    await clock.advance(20_000);
    const reason =
      "cluster x does not exist (fix: aws ecs create-cluster --cluster-name x); " +
      "subnet y does not exist (fix: aws ec2 describe-subnets)";
    expect(preflight.trouble()).toMatchObject({ kind: "denied", reason: "PreflightFailed", message: reason });
    await expect(launch()).rejects.toThrow(reason);
    expect({ launches: launches(), changes: changes(), lines: lines.length }).toEqual({
      launches: 0,
      changes: 1,
      lines: 1,
    });
    findings = [];
    await clock.advance(60_000);
    await running;
    expect(preflight.trouble()).toBeUndefined();
    await expect(launch()).resolves.toEqual({ id: "t" });
    expect(changes()).toBe(2);
    expect(clock.pending).toBe(0);
  });

  test("tells a change of what is wrong", async () => {
    let findings = missing;
    const { clock, preflight, changes } = open(async () => findings);
    void preflight.run(signal);
    await clock.advance(0);
    findings = missing.slice(1);
    await clock.advance(10_000);
    expect(preflight.trouble()?.message).not.toContain("cluster x");
    expect(changes()).toBe(2);
  });

  test("holds launches up until its first answer", async () => {
    const answer = Promise.withResolvers<[]>();
    const { preflight, launch, launches } = open(async () => answer.promise);
    const running = preflight.run(signal);
    const launching = launch();
    await new Promise((resolve) => setImmediate(resolve));
    expect(launches()).toBe(0);
    answer.resolve([]);
    await running;
    await expect(launching).resolves.toEqual({ id: "t" });
  });

  test("that cannot be made is nothing against the set-up: pods run, and it is asked again", async () => {
    let asked = 0;
    const { clock, preflight, launch } = open(async () => {
      asked += 1;
      throw new ProviderError("transient", "CloudUnreachable", "away");
    });
    void preflight.run(signal);
    await clock.advance(0);
    await expect(launch()).resolves.toEqual({ id: "t" });
    await clock.advance(20_000);
    expect(asked).toBeGreaterThan(2);
    expect(preflight.trouble()).toBeUndefined();
  });

  test("ends with its signal, and so does a launch that waits for it", async () => {
    const { preflight, guarded, clock } = open(async () => new Promise<never>(() => undefined));
    const controller = new AbortController();
    void preflight.run(controller.signal);
    const waiting = guarded.launch({} as Launch<unknown>, controller.signal);
    controller.abort(new Error("stop"));
    await expect(waiting).rejects.toThrow("stop");
    expect(clock.pending).toBe(0);
  });

  test("that a provider lacks holds up nothing, and a lacking ability stays lacking", async () => {
    const { preflight, guarded, launch } = open(undefined);
    await preflight.run(signal);
    await expect(launch()).resolves.toEqual({ id: "t" });
    expect(guarded.name).toBe("x");
    expect("exec" in guarded).toBe(false);
    expect(guarded.exec).toBeUndefined();
  });
});
