import { describe, expect, test } from "vitest";
import type { Words } from "../files/trouble.ts";
import { exited, pictureOf, type Shown, states, stopped, unstarted } from "./testing.ts";

/** What the agent says of a container that waited for the one for files. */
const neverBegan =
  "CannotStartContainerError: dependency graph: failed to resolve container ordering dependency [burstlet_init] " +
  "for target [main] as dependency did not exit successfully.";
const waited: Shown = { lastStatus: "STOPPED", exitCode: 143, reason: neverBegan };
const helper = { kind: "helper", essential: false } as const;
const said = (text: string): Words => ({ text, awaited: false });
const why = "burstlet_init, the container that writes the pod's files,";

describe("a pod whose container for files", () => {
  test.for<[what: string, end: Shown, words: Words, message: string]>([
    [
      "has failed tells its code and what it has said",
      { ...stopped, exitCode: 127 },
      said("sh: base64: not found"),
      `${why} has failed with exit code 127: sh: base64: not found`,
    ],
    [
      "has failed in silence tells its code",
      { ...stopped, exitCode: 1 },
      said(""),
      `${why} has failed with exit code 1`,
    ],
    [
      "had too little memory tells ECS's words",
      { ...stopped, exitCode: 137, reason: "OutOfMemoryError: Container killed due to memory usage" },
      said(""),
      `${why} has failed with exit code 137: OutOfMemoryError: Container killed due to memory usage`,
    ],
    [
      "has no shell tells ECS's words",
      { lastStatus: "STOPPED", reason: 'CannotStartContainerError: exec: "/bin/sh": no such file' },
      said(""),
      `${why} could not start: CannotStartContainerError: exec: "/bin/sh": no such file`,
    ],
    [
      "cannot be pulled tells ECS's words",
      { lastStatus: "STOPPED", reason: "CannotPullContainerError: failed to resolve ref helper:1: not found" },
      said(""),
      `${why} could not start: CannotPullContainerError: failed to resolve ref helper:1: not found`,
    ],
  ])("%s, for each of its containers and for the task", ([, end, words, message]) => {
    const shown = { burstlet_init: { ...helper, ...end }, first: { kind: "init", ...waited }, main: waited } as const;
    const waits = { reason: "CreateContainerConfigError", message };
    for (const ending of [exited, { ...unstarted, stoppedReason: neverBegan }]) {
      const picture = pictureOf(shown, ending, words);
      expect(states(picture)).toEqual([
        ["first", { is: "waiting", ...waits }],
        ["main", { is: "waiting", ...waits }],
      ]);
      expect(picture).toMatchObject({ phase: "stopped", ...waits });
    }
  });

  test("has failed is on its way to its end, and waits as before, as long as its words are awaited", () => {
    const shown = { burstlet_init: { ...helper, ...stopped, exitCode: 1 }, main: waited };
    const failed = { ...unstarted, stoppedReason: neverBegan };
    const picture = pictureOf(shown, failed, { text: "", awaited: true });
    expect(picture?.phase).toBe("stopping");
    expect(picture).not.toHaveProperty("reason");
    expect(states(picture)).toEqual([["main", { is: "waiting", reason: "PodInitializing" }]]);
  });

  test.for<[what: string, end: Shown, more: Parameters<typeof pictureOf>[1]]>([
    ["has succeeded", { ...stopped, exitCode: 0 }, exited],
    ["is ended with its task by somebody", { ...stopped, exitCode: 137 }, { ...exited, stopCode: "UserInitiated" }],
    ["is ended with its task by AWS", { ...stopped, exitCode: 137 }, { ...exited, stopCode: "SpotInterruption" }],
    ["never began, and not by its own fault", { lastStatus: "STOPPED" }, unstarted],
    ["still works", { lastStatus: "RUNNING" }, {}],
  ])("%s has no trouble with it", ([, end, more]) => {
    const picture = pictureOf({ burstlet_init: { ...helper, ...end }, main: waited }, more);
    expect(JSON.stringify(picture)).not.toContain(why);
  });
});
