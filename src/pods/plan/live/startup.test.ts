import { describe, expect, it } from "vitest";
import type { Pod } from "../../../model/kube.ts";
import { ProviderError } from "../../../model/provider-error.ts";
import { container, now, pod, running, task, waiting } from "../../../status/testing.ts";
import { recorded, world, written } from "../../testing.ts";
import { troubleAfter } from "../on-error.ts";
import type { Notes, World } from "../world.ts";

const names = ["side1", "side2", "a"];
const of: Pod = (() => {
  const plain = pod(names, "Always");
  const initContainers = plain.spec?.initContainers?.map((one) => ({ ...one, startupProbe: {} })) ?? [];
  return recorded({ ...plain, spec: { ...plain.spec, containers: plain.spec?.containers ?? [], initContainers } });
})();

/** Which of them run, and which have started up. */
function next(runs: readonly string[], up: readonly string[], notes: Notes = {}, more: Partial<World> = {}) {
  const states = names.map((name) => container(name, runs.includes(name) ? running() : waiting("PodInitializing")));
  const found = names.slice(0, 2).map((name) => {
    return [name, { started: up.includes(name), ready: up.includes(name), failed: undefined }] as const;
  });
  const tasks = [task(states, { phase: "starting" })];
  return written(world(of, { tasks, health: new Map(found), notes, ...more })).action;
}

const pass = (name: string) => ({ do: "passStartup", attempt: 1, container: name, instance: 0 });

describe("a sidecar with a startup probe", () => {
  it("lets the row go on once it has started up, one after the other", () => {
    expect(next(["side1"], [])).toEqual({ do: "wait" });
    expect(next(["side1"], ["side1"])).toEqual(pass("side1"));
    const told = { startups: new Map([["side1", 1]]) };
    expect(next(["side1"], ["side1"], told)).toEqual({ do: "wait" });
    expect(next(["side1", "side2"], ["side1", "side2"], told)).toEqual(pass("side2"));
  });

  it("has nothing to let go on once all have begun, and is told again in another attempt", () => {
    expect(next(names, ["side1", "side2"])).toEqual({ do: "wait" });
    expect(next(["side1"], ["side1"], { startups: new Map([["side1", 2]]) })).toEqual(pass("side1"));
  });

  it("is named with the run of it that has started up, and only if it has such a probe", () => {
    const states = [container("side1", running(), { instance: 3 }), container("a", waiting("PodInitializing"))];
    const up = { started: true, ready: true, failed: undefined };
    const seen = { tasks: [task(states, { phase: "starting" })], health: new Map([["side1", up]]) };
    expect(written(world(of, seen)).action).toEqual({ ...pass("side1"), instance: 3 });
    expect(next(["side1", "side2"], ["side1"])).toEqual(pass("side1"));
    const again = [container("side1", running()), container("a", waiting("CrashLoopBackOff"), { instance: 1 })];
    expect(written(world(of, { ...seen, tasks: [task(again)] })).action).toEqual({ do: "wait" });
    const [, second] = of.spec?.initContainers ?? [];
    const initContainers = [{ name: "side1", restartPolicy: "Always" }, ...(second === undefined ? [] : [second])];
    const unprobed = { ...of, spec: { containers: [], ...of.spec, initContainers } };
    expect(written(world(unprobed, seen)).action).toEqual({ do: "wait" });
  });

  it("waits while the provider is in trouble, and for ever where it holds up nothing", () => {
    const passStartup = troubleAfter(undefined, new ProviderError("transient", "Away", "away"), now, 0.5);
    const waits = next(["side1"], ["side1"], { troubles: { passStartup } });
    expect(waits).toEqual({ do: "wait", until: passStartup.retryAt });
    const over = { passStartup: { ...passStartup, retryAt: now } };
    expect(next(["side1"], ["side1"], { troubles: over })).toEqual(pass("side1"));
    const { provider } = world(of);
    expect(next(["side1"], ["side1"], {}, { provider: { ...provider, canPassStartup: false } })).toEqual({
      do: "wait",
    });
  });
});
