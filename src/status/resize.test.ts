import { describe, expect, test } from "vitest";
import { merged } from "../../test/life/memory-api.ts";
import type { Pod } from "../model/kube.ts";
import type { TaskState } from "../model/task-state.ts";
import { podStatus } from "./pod-status.ts";
import { type Given, type Resizing, resizesDue, wantsRestart } from "./resize.ts";
import { statusPatch } from "./status-patch.ts";
import { container, now, pod, running, task } from "./testing.ts";

const small = { requests: { cpu: "100m", memory: "64Mi" }, limits: { memory: "64Mi" } };
const big = { requests: { cpu: "2", memory: "64Mi" }, limits: { memory: "64Mi" } };
type Resources = NonNullable<NonNullable<Pod["spec"]>["containers"][number]["resources"]>;

const withSpec = (of: Pod, resources: Resources | undefined, generation: number): Pod => ({
  ...of,
  metadata: { ...of.metadata, generation },
  spec: { ...of.spec, containers: [{ name: "a", image: "busybox", ...(resources && { resources }) }] },
});
const live = task([container("a", running())]);
/** The API server's pod after our write, if there is one. */
function written(
  of: Pod,
  seen: TaskState | undefined,
  resizing?: Resizing,
): { pod: Pod; patch: Record<string, unknown> | undefined } {
  const status = podStatus({ pod: of, task: seen, story: {}, hostIP: undefined, resizing, now });
  const patch = statusPatch(of, status);
  return { pod: patch === undefined ? of : merged(of, { status: patch }), patch };
}
const start = (resources: Resources | undefined): Pod =>
  written(written(withSpec(pod(["a"], "Always"), resources, 1), undefined).pod, live).pod;
const verdicts = (of: Pod) => of.status?.conditions?.filter(({ type }) => type.startsWith("PodResize"));
const resizing = (of: Pod) => verdicts(of)?.find(({ type }) => type === "PodResizePending");
const granted = (of: Pod) => of.status?.containerStatuses?.[0];

describe("what a container was launched with", () => {
  test("is told with its status, and costs no further write", () => {
    const of = start(small);
    expect(granted(of)).toMatchObject({ resources: small, allocatedResources: small.requests });
    expect(written(of, live).patch).toBeUndefined();
    expect(granted(start(undefined))?.resources).toEqual({});
  });

  test("is what the spec says until the task is launched", () => {
    const waiting = written(withSpec(pod(["a"], "Always"), small, 1), undefined).pod;
    const edited = written(withSpec(waiting, big, 2), undefined).pod;
    expect(granted(edited)?.resources).toEqual(big);
    expect(resizing(written(edited, live).pod)).toBeUndefined();
  });
});

describe("a resize of a pod that runs", () => {
  test.for<[from: Resources | undefined, to: Resources | undefined]>([
    [small, big],
    [small, undefined],
    [undefined, small],
  ])("is answered Infeasible, and the status goes on telling what it has: %o to %o", ([from, to]) => {
    const of = written(withSpec(start(from), to, 2), live).pod;
    expect(resizing(of)).toMatchObject({ status: "True", reason: "Infeasible", observedGeneration: 2 });
    expect(resizing(of)?.message).toMatch(/\(a\): delete the pod/);
    expect(granted(of)?.resources).toEqual(from ?? {});
    expect(of.status?.observedGeneration).toBe(2);
    expect(written(of, live).patch).toBeUndefined();
  });

  test("that is taken back leaves no trace", () => {
    const of = written(withSpec(start(small), big, 2), live).pod;
    const back = written(withSpec(of, small, 3), live).pod;
    expect(resizing(back)).toBeUndefined();
    expect(granted(back)?.resources).toEqual(small);
  });

  test("is none where keys only have another order", () => {
    const turned = { limits: { memory: "64Mi" }, requests: { memory: "64Mi", cpu: "100m" } };
    expect(resizing(written(withSpec(start(small), turned, 2), live).pod)).toBeUndefined();
  });

  test("of a pod that has ended is not answered any more", () => {
    const of = withSpec(start(small), big, 2);
    const ended = { ...of, status: { ...of.status, phase: "Succeeded" } };
    expect(resizing(written(ended, live).pod)).toBeUndefined();
  });
});

describe("a resize that the provider can do", () => {
  const given = (...pairs: [string, Resources | undefined][]): Given => new Map(pairs);
  const asked = withSpec(start(small), big, 2);
  const due = (of: Pod, known: Given) => resizesDue(of, known).map(({ name }) => name);

  test("is due until it was given, and told once it was", () => {
    expect(due(start(small), given())).toEqual([]);
    expect(due(asked, given())).toEqual(["a"]);
    expect(due(asked, given(["a", big]))).toEqual([]);
    const after = written(asked, live, { given: given(["a", big]) }).pod;
    expect(granted(after)).toMatchObject({ resources: big, allocatedResources: big.requests });
    expect(verdicts(after)).toEqual([]);
    expect(due(after, given())).toEqual([]);
  });

  test("is in progress until then, with the words of a failure, and the status tells what the container had", () => {
    const trouble = { message: "it uses more", refused: false };
    const during = written(asked, live, { given: given(["a", undefined]), trouble }).pod;
    const words = { type: "PodResizeInProgress", status: "True", reason: "Error", message: "it uses more" };
    expect(verdicts(during)).toMatchObject([words]);
    expect(granted(during)?.resources).toEqual(small);
    const quiet = written(during, live, { given: given(["a", undefined]) }).pod;
    expect(verdicts(quiet)?.map(({ reason, message }) => [reason, message])).toEqual([[undefined, undefined]]);
    expect(verdicts(written(during, live, { given: given(["a", big]) }).pod)).toEqual([]);
  });

  test("is Infeasible, in the provider's words, when it refuses", () => {
    const trouble = { message: "too much", refused: true };
    const after = written(asked, live, { given: given(["a", undefined]), trouble }).pod;
    const words = { type: "PodResizePending", status: "True", reason: "Infeasible", message: "too much" };
    expect(verdicts(after)).toMatchObject([words]);
  });

  test("is due also when it is taken back, once something else was asked of the task", () => {
    const back = start(small);
    expect(due(back, given(["a", big]))).toEqual(["a"]);
    expect(due(back, given(["a", undefined]))).toEqual(["a"]);
    expect(due(back, given(["a", small]))).toEqual([]);
  });

  test("restarts a container that asks for it, when what it asks it for is changed", () => {
    const policed = (resourceName: string): boolean => {
      const resizePolicy = [{ resourceName, restartPolicy: "RestartContainer" }];
      const [container = { name: "a" }] = asked.spec?.containers ?? [];
      return wantsRestart(asked, { ...container, resizePolicy }, given());
    };
    expect(policed("cpu")).toBe(true);
    expect(policed("memory")).toBe(false);
    const [plain = { name: "a" }] = asked.spec?.containers ?? [];
    expect(wantsRestart(asked, plain, given())).toBe(false);
    const eased = { ...plain, resizePolicy: [{ resourceName: "cpu", restartPolicy: "NotRequired" }] };
    expect(wantsRestart(asked, eased, given())).toBe(false);
    expect(
      wantsRestart(
        asked,
        { ...eased, resizePolicy: [{ resourceName: "cpu", restartPolicy: "RestartContainer" }] },
        given(["a", big]),
      ),
    ).toBe(false);
  });
});

test("an API server that keeps no resources is not written to for their sake", () => {
  const of = start(small);
  const { resources: _resources, allocatedResources: _allocated, ...kept } = granted(of) ?? { name: "a" };
  const forgetful = { ...of, status: { ...of.status, containerStatuses: [kept] } } as Pod;
  expect(written(forgetful, live).patch).toBeUndefined();
  expect(resizing(written(withSpec(forgetful, big, 2), live).pod)).toBeUndefined();
});
