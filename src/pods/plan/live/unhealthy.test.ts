import { describe, expect, it } from "vitest";
import type { Pod } from "../../../model/kube.ts";
import { ProviderError } from "../../../model/provider-error.ts";
import type { Health } from "../../../probes/health.ts";
import { container, ended, now, pod, running, task } from "../../../status/testing.ts";
import { recorded, taskProvider, world, written } from "../../testing.ts";
import { plan } from "../plan.ts";
import { troubleAfter } from "../on-error.ts";
import type { World } from "../world.ts";

const well: Health = { started: true, ready: true, failed: undefined };
const dead: Health = { started: true, ready: true, failed: "liveness" };
const health = (of: Record<string, Health>) => ({ health: new Map(Object.entries(of)) });

function probedPod(more: object = {}, spec: object = {}): Pod {
  const plain = pod(["a", "b"], "Always");
  const containers = plain.spec?.containers.map((one) => ({ ...one, ...more })) ?? [];
  return recorded({ ...plain, spec: { ...plain.spec, ...spec, containers } }, { task: "task-1" });
}

/** The world whose status is written, so that only something else is left to do. */
const told = (from: World): World => ({ ...from, pod: written(from).pod });
const alive = task([container("a", running(), { instance: 2 }), container("b", running())]);
const kill = (graceSeconds: number, probe: "liveness" | "startup" = "liveness") => ({
  do: "kill",
  attempt: 1,
  unhealthy: { container: "a", instance: 2, probe },
  killAt: now + graceSeconds * 1000,
});

describe("a container that fails its probe", () => {
  const from = told(world(probedPod(), { tasks: [alive], ...health({ a: dead, b: well }) }));

  it("is ended, with the grace of the probe, or else of the pod, and never less than two seconds", () => {
    const graced = (of: Pod, found: Health = dead) => plan(told({ ...from, pod: of, ...health({ a: found }) }));
    const own = {
      livenessProbe: { terminationGracePeriodSeconds: 7 },
      startupProbe: { terminationGracePeriodSeconds: 9 },
    };
    expect(plan(from)).toEqual(kill(30));
    expect(graced(probedPod({}, { terminationGracePeriodSeconds: 11 }))).toEqual(kill(11));
    expect(graced(probedPod(own, { terminationGracePeriodSeconds: 11 }))).toEqual(kill(7));
    expect(graced(probedPod({ livenessProbe: {} }, { terminationGracePeriodSeconds: 0 }))).toEqual(kill(2));
    expect(graced(probedPod(own), { started: false, ready: false, failed: "startup" })).toEqual(kill(9, "startup"));
  });

  it("has the grace of its own probe, also as a sidecar", () => {
    const graced = (container: string, seconds: number) => ({
      name: container,
      image: "busybox",
      restartPolicy: "Always",
      livenessProbe: { terminationGracePeriodSeconds: seconds },
    });
    const spec = { containers: [graced("a", 3), graced("b", 4)], initContainers: [graced("side1", 5)] };
    const of = recorded({ ...pod([], "Always"), spec }, { task: "t" });
    const tasks = [task(["side1", "a", "b"].map((name) => container(name, running())))];
    const killed = (name: string) => plan(told(world(of, { tasks, ...health({ [name]: dead }) })));
    const times = ["a", "b", "side1"].map((name) => {
      const action = killed(name);
      return action.do === "kill" ? [action.unhealthy.container, (action.killAt - now) / 1000] : action;
    });
    expect(times).toEqual([
      ["a", 3],
      ["b", 4],
      ["side1", 5],
    ]);
  });

  it("is ended too when the provider ran that probe, and is as well as both its probes and the core's say", () => {
    const seen = (probedBy: "provider" | "split", more: object) =>
      told(
        world(probedPod(), {
          tasks: [task([container("a", running(), { instance: 2, ...more }), container("b", running())], { probedBy })],
          ...health({ a: well, b: well }),
        }),
      );
    expect(plan(seen("provider", { failed: "liveness" }))).toEqual(kill(30));
    expect(plan(seen("split", { failed: "liveness" }))).toEqual(kill(30));
    const ready = (from: World) => from.pod?.status?.containerStatuses?.map((one) => one.ready);
    expect(ready(seen("split", {}))).toEqual([true, true]);
    expect(ready(seen("split", { ready: false }))).toEqual([false, true]);
    expect(ready({ ...seen("split", { started: false }) })).toEqual([false, true]);
  });

  it("is not told to end again before five seconds are over, and keeps its deadline", () => {
    const sent = (instance: number, sentAt: number) => ({
      notes: { kills: new Map([["a", { attempt: 1, instance, killAt: now + 12_000, sentAt }]]) },
    });
    expect(plan({ ...from, ...sent(2, now - 4_000) })).toEqual({ do: "wait", until: now + 1_000 });
    expect(plan({ ...from, ...sent(2, now - 5_000) })).toEqual(kill(12));
    expect(plan({ ...from, ...sent(1, now - 1_000) })).toEqual(kill(30));
  });

  it("waits with it while the provider is in trouble", () => {
    const kills = troubleAfter(undefined, new ProviderError("transient", "Away", "away"), now, 0.5);
    expect(plan({ ...from, notes: { troubles: { kill: kills } } })).toEqual({ do: "wait", until: kills.retryAt });
  });

  it("holds up no other one that fails, and is tried again as soon as the provider's trouble is over", () => {
    const kills = new Map([["a", { attempt: 1, instance: 2, killAt: now + 12_000, sentAt: now }]]);
    const both = { ...from, ...health({ a: dead, b: dead }), notes: { kills } };
    expect(plan(both)).toMatchObject({ do: "kill", unhealthy: { container: "b" } });
    const over = troubleAfter(undefined, new ProviderError("transient", "Away", "away"), now, 0.5);
    expect(plan({ ...from, notes: { troubles: { kill: { ...over, retryAt: now } } } })).toEqual(kill(30));
  });

  it("holds up no restart of another container", () => {
    const tasks = [task([container("a", running(), { instance: 2 }), container("b", ended(1))])];
    const kills = new Map([["a", { attempt: 1, instance: 2, killAt: now + 12_000, sentAt: now }]]);
    expect(plan(told({ ...from, tasks, notes: { kills } }))).toMatchObject({ do: "restart", container: "b" });
  });

  it("is over once it has ended, and once its pod ends anyway", () => {
    const tasks = [task([container("a", ended(143), { instance: 2 }), container("b", running())])];
    expect(plan(told({ ...from, tasks }))).toMatchObject({ do: "wait" });
    const metadata = { ...from.pod?.metadata, deletionTimestamp: "2026-01-02T03:05:05Z" };
    expect(plan({ ...from, pod: { ...from.pod, metadata } })).toMatchObject({ do: "stop" });
  });

  it("has its whole task stopped where one container cannot be ended alone, once, and the next attempt follows", () => {
    const tasks = [alive];
    const stopping = told({
      ...from,
      provider: taskProvider,
      pod: recorded(probedPod(), { task: "task-1", backend: "fargate" }),
    });
    const unhealthy = { container: "a", instance: 2, probe: "liveness" };
    const stop = { do: "stop", attempt: 1, killAt: now + 30_000, discard: false, unhealthy };
    expect(plan({ ...stopping, tasks })).toEqual(stop);
    const stops = new Map([[1, { killAt: now + 30_000, sentAt: now - 1_000, discard: false }]]);
    expect(plan({ ...stopping, tasks, now: now + 1_000, notes: { stops } })).toEqual({
      do: "wait",
      until: now + 4_000,
    });
  });

  it("is left to a cloud that restarts by itself", () => {
    const provider = { ...taskProvider, restarts: "cloud" as const };
    const cloud = told({ ...from, provider, pod: recorded(probedPod(), { task: "task-1", backend: "fargate" }) });
    expect(plan(cloud)).toEqual({ do: "wait" });
  });
});

describe("what the probes of the core have found", () => {
  const flags = (from: World) =>
    written(from).pod.status?.containerStatuses?.map(({ name, started, ready }) => [name, started, ready]);

  it("is in the status, container by container", () => {
    const found = health({ a: { started: false, ready: false, failed: undefined }, b: { ...well, ready: false } });
    expect(flags(world(probedPod(), { tasks: [alive], ...found }))).toEqual([
      ["a", false, false],
      ["b", true, false],
    ]);
  });

  it("does not touch what a provider has found", () => {
    const containers = alive.containers.map((one) => ({ ...one, ready: true }));
    const tasks = [{ ...alive, containers, probedBy: "provider" as const }];
    const found = health({ a: { ...well, ready: false } });
    expect(flags(world(probedPod(), { tasks, ...found }))).toEqual([
      ["a", true, true],
      ["b", true, true],
    ]);
  });
});
