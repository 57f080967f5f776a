import { expect, test } from "vitest";
import { laterRun } from "./first-end.ts";
import type { Farewell } from "./known-groups.ts";
import { ended, groupOf, owner, type Parts, running, waits } from "./testing.ts";
import { observe } from "./observe.ts";

const farewell: Farewell = { at: 0, hookFailures: {}, deaf: {} };
const observer = { ...owner, network: "none", version: 1 } as const;

/** What is shown of `main`, picture after picture, while the group is asked to end. */
function shown(...pictures: readonly Parts[]) {
  const first = observe(groupOf({ main: { restartCount: 3, currentState: running() } }), observer);
  return pictures.reduce((before, parts) => observe(groupOf(parts), observer, before, farewell), first)?.containers[0];
}

test.for([
  ["that is still shown as ended", [{ main: { restartCount: 3, currentState: ended(143) } }], 143],
  [
    "that waits for its next run when the group is stopped",
    [
      { main: { restartCount: 3, currentState: waits("CrashLoopBackOff"), previousState: ended(143) } },
      { state: "Stopped", main: { restartCount: 3, currentState: waits(), previousState: ended(143) } },
    ],
    143,
  ],
  [
    "after which Azure has begun the next run",
    [{ main: { restartCount: 4, currentState: running(), previousState: ended(143) } }],
    143,
  ],
  [
    "after which Azure has begun the next run, and a later one",
    [
      { main: { restartCount: 4, currentState: running(), previousState: ended(143) } },
      { main: { restartCount: 5, currentState: ended(137), previousState: ended(1) } },
    ],
    143,
  ],
  [
    "that nobody has seen, because there was another one since",
    [{ main: { restartCount: 5, currentState: running(), previousState: ended(1) } }],
    undefined,
  ],
] as const)("an end while the group is asked to end, %s, is the last one of the pod", ([, pictures, exitCode]) => {
  expect(shown(...pictures)).toMatchObject({ instance: 3, state: { is: "terminated", exitCode } });
});

test.for([
  ["as the pod is told of it", 3, undefined],
  ["that Azure has begun since", 4, running(12)],
] as const)("a log is of the run %s", ([, restartCount, later]) => {
  const group = groupOf({ main: { restartCount, currentState: running(12) } });
  expect(laterRun(group, { name: "main", instance: 3 })).toEqual(later);
});

test("who is not asked to end is shown as Azure runs it", () => {
  const main = { restartCount: 4, currentState: running(), previousState: ended(143) };
  const before = observe(groupOf({ main: { restartCount: 3, currentState: running() } }), observer);
  const [container] = observe(groupOf({ main }), observer, before)?.containers ?? [];
  expect(container).toMatchObject({ instance: 4, state: { is: "running" }, last: { exitCode: 143 } });
});
