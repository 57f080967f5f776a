import { describe, expect, it } from "vitest";
import type { Pod } from "../../../model/kube.ts";
import { ProviderError } from "../../../model/provider-error.ts";
import { container, now, pod, running, stateless, status, task } from "../../../status/testing.ts";
import { recorded, world, written } from "../../testing.ts";
import { troubleAfter } from "../on-error.ts";
import type { Addition, Notes, World } from "../world.ts";

const asked = (...names: string[]): Pod => {
  const plain = pod(["a"], "Always");
  const ephemeralContainers = names.map((name) => ({ name, image: "busybox" }));
  return recorded({ ...plain, spec: { ...plain.spec, containers: plain.spec?.containers ?? [], ephemeralContainers } });
};
const live = task([container("a", running())]);
const able = { ...world(undefined).provider, canAdd: true };
const next = (of: Pod, notes: Notes = {}, more: Partial<World> = {}) =>
  written(world(of, { tasks: [live], provider: able, notes, ...more })).action;
const noted = (name: string, what: Addition): Notes => ({ additions: new Map([[name, what]]) });
const add = (name: string) => ({ do: "add", attempt: 1, container: name });

describe("an ephemeral container of a pod that runs", () => {
  it("is asked for when the task has none of its name, one after the other", () => {
    expect(next(asked("x", "y"))).toEqual(add("x"));
    const debugging = { ...container("x", running()), kind: "ephemeral" } as const;
    const tasks = [task([container("a", running()), debugging])];
    expect(next(asked("x", "y"), {}, { tasks })).toEqual(add("y"));
    expect(next(asked("x"), {}, { tasks })).toEqual({ do: "wait" });
  });

  it("is asked for again only when it does not show", () => {
    expect(next(asked("x"), noted("x", { is: "sent", sentAt: now - 1000 }))).toEqual({ do: "wait", until: now + 9000 });
    expect(next(asked("x"), noted("x", { is: "sent", sentAt: now - 10_000 }))).toEqual(add("x"));
    expect(next(asked("x", "y"), noted("x", { is: "sent", sentAt: now - 1000 }))).toEqual(add("y"));
  });

  it("waits for what it refers to, and for a provider in trouble", () => {
    const missing = { is: "missing", reason: "CreateContainerConfigError", message: "no secret" } as const;
    expect(next(asked("x"), noted("x", { ...missing, retryAt: now + 5000 }))).toEqual({
      do: "wait",
      until: now + 5000,
    });
    expect(next(asked("x"), noted("x", { ...missing, retryAt: now }))).toEqual(add("x"));
    const trouble = troubleAfter(undefined, new ProviderError("transient", "Away", "away"), now, 0.5);
    expect(next(asked("x"), { troubles: { add: trouble } })).toEqual({ do: "wait", until: trouble.retryAt });
  });

  it("that was refused is never asked for again, and holds up no other", () => {
    expect(next(asked("x", "y"), noted("x", { is: "refused", message: "no" }))).toEqual(add("y"));
    expect(next(asked("x"), noted("x", { is: "refused", message: "no" }))).toEqual({ do: "wait" });
  });

  it("is asked for only where the provider can add it, and not of a task that ends", () => {
    expect(next(asked("x"), {}, { provider: { ...able, canAdd: false } })).toEqual({ do: "wait" });
    expect(next(asked("x"), {}, { tasks: [{ ...live, phase: "stopping" }] })).toEqual({ do: "wait" });
    expect(next(asked("x"), {}, { tasks: [{ ...live, phase: "stopped" }] })).toEqual({ do: "wait" });
  });

  it("that has ended is not asked for again, when its task has forgotten it", () => {
    const shown = (state: object): Pod => {
      const ephemeralContainerStatuses = [{ ...status("x", "waiting"), state }];
      return { ...asked("x"), status: { ephemeralContainerStatuses } };
    };
    expect(next(shown({ terminated: { exitCode: 0 } }))).toEqual({ do: "wait" });
    expect(next(shown({ waiting: { reason: "ContainerCreating" } }))).toEqual(add("x"));
    expect(next({ ...asked("x"), status: { ephemeralContainerStatuses: [stateless("x")] } })).toEqual(add("x"));
  });
});
