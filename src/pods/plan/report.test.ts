import { describe, expect, it } from "vitest";
import { annotations } from "../../model/annotations.ts";
import { container, pod, running, task, waiting } from "../../status/testing.ts";
import { ready, recorded, world, written } from "../testing.ts";
import { report, storyOf } from "./report.ts";
import { viewOf } from "./view.ts";

const first = written(world(pod(["a"], "Always"), { notes: { prepared: ready() } })).pod;
const told = (shown: ReturnType<typeof task>, of = first) => {
  const from = world(of, { tasks: [shown] });
  return report(from, viewOf(from, of), {});
};

describe("a report", () => {
  it.for(["ContainerCreating", "PodInitializing"])("is not worth a patch while a new task only says %s", (reason) => {
    expect(told(task([container("a", waiting(reason))], { phase: "starting" }))).toBeUndefined();
  });

  it.for<[string, ReturnType<typeof task>]>([
    ["a container runs", task([container("a", running())])],
    ["a container waits for a reason", task([container("a", waiting("ErrImagePull", "no"))], { phase: "starting" })],
    [
      "a container waits for its second run",
      task([container("a", waiting("ContainerCreating"), { instance: 1 })], { phase: "starting" }),
    ],
  ])("is when %s", ([, shown]) => {
    expect(told(shown)).toMatchObject({ do: "report" });
  });

  it("is when one of its containers runs while the others still start", () => {
    const two = written(world(pod(["a", "b"], "Always"), { notes: { prepared: ready() } })).pod;
    const half = [container("a", running()), container("b", waiting("ContainerCreating"))];
    expect(told(task(half, { phase: "starting" }), two)).toMatchObject({ do: "report" });
  });

  it("is made once", () => {
    const shown = task([container("a", running())]);
    const after = written(world(first, { tasks: [shown] })).pod;
    expect(told(shown, after)).toBeUndefined();
  });
});

it("a story carries the restarts of earlier attempts", () => {
  const notes = { [annotations.earlierRestarts]: "a=4" };
  const of = recorded(pod(["a"], "Always", { metadata: { annotations: notes } }), { attempt: 2 });
  expect(storyOf(viewOf(world(of), of), { closing: true })).toEqual({ closing: true, earlierRestarts: { a: 4 } });
  expect(storyOf(viewOf(world(first), pod(["a"], "Always")), {})).toEqual({});
});
