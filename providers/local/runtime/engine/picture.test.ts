import { describe, expect, it } from "vitest";
import type { TaskState } from "../../../../src/provider.ts";
import { shell, taskOf } from "./testing.ts";
import type { ContainerInspect } from "./api/shapes.ts";
import { runLabels, sandboxLabels } from "./names.ts";
import { pictureOf, type PictureSource } from "./picture.ts";
import { newRecord, type TaskRecord } from "./record.ts";
import { seenOf, type Seen } from "./seen.ts";

const init = shell("init", "", { kind: "init" });
const main = shell("main", "");
const spec = taskOf("shown", [init, main]);
const started = "2026-01-02T03:04:05.123456789Z";
const finished = "2026-01-02T03:04:06Z";
const [startedAt, finishedAt] = [1_767_323_045_123, 1_767_323_046_000];

type State = Partial<ContainerInspect["State"]>;

function seen(container: typeof main | undefined, state: State, instance = 0): Seen {
  const base = {
    Status: "created",
    OOMKilled: false,
    ExitCode: 0,
    Error: "",
    StartedAt: "0001-01-01T00:00:00Z",
    FinishedAt: "0001-01-01T00:00:00Z",
  };
  const Labels = container === undefined ? sandboxLabels(spec) : runLabels(spec, container, instance);
  return seenOf({ Id: "c0ffee", Image: "sha256:1", State: { ...base, ...state }, Config: { Labels } });
}

const running = { Status: "running", StartedAt: started };
const ended = { Status: "exited", StartedAt: started, FinishedAt: finished };

function picture(
  seenNow: readonly Seen[],
  record: Partial<TaskRecord> = {},
  more: Partial<PictureSource> = {},
): Omit<TaskState, "version"> {
  const source = {
    waits: new Map(),
    pulls: new Map(),
    messages: new Map(),
    trouble: undefined,
    hostIP: undefined,
    ...more,
  };
  return pictureOf({
    record: { ...newRecord(spec), ...record },
    seen: [seen(undefined, running), ...seenNow],
    ...source,
  });
}

describe("one container", () => {
  it.for<[string, Seen[], Partial<TaskRecord>, object]>([
    ["waits", [], {}, { is: "waiting", reason: "PodInitializing" }],
    [
      "waits for its own creation after the row",
      [seen(init, ended)],
      {},
      { is: "waiting", reason: "ContainerCreating" },
    ],
    ["runs", [seen(main, running)], {}, { is: "running", startedAt }],
    [
      "completed",
      [seen(main, ended)],
      {},
      { is: "terminated", exitCode: 0, reason: "Completed", startedAt, finishedAt },
    ],
    ["failed", [seen(main, { ...ended, ExitCode: 7 })], {}, { exitCode: 7, reason: "Error" }],
    [
      "was killed for memory",
      [seen(main, { ...ended, ExitCode: 137, OOMKilled: true })],
      {},
      { exitCode: 137, reason: "OOMKilled" },
    ],
    [
      "could not be started, by the record",
      [seen(main, {})],
      { failed: { "main/0": { message: "no", at: 5 } } },
      { exitCode: 128, reason: "StartError", message: "no", finishedAt: 5 },
    ],
    [
      "could not be started, by Docker's own memory",
      [seen(main, { Error: "no such program" })],
      {},
      { exitCode: 128, reason: "StartError", message: "no such program" },
    ],
    [
      "was lost in a reboot",
      [seen(main, { Status: "created", StartedAt: started })],
      {},
      { exitCode: undefined, reason: "ContainerStatusUnknown", startedAt },
    ],
    ["was removed by somebody", [], { begun: ["main/0"] }, { exitCode: undefined, reason: "ContainerStatusUnknown" }],
  ])("%s", ([, seenNow, record, state]) => {
    expect(picture(seenNow, record).containers[1]).toMatchObject({ name: "main", instance: 0, state });
  });

  it("shows a wanted instance as waiting beside how the last one ended", () => {
    const shown = picture([seen(init, ended), seen(main, { ...ended, ExitCode: 3 })], { wanted: { main: 1 } });
    expect(shown.containers[1]).toMatchObject({ instance: 1, state: { is: "waiting" }, last: { exitCode: 3 } });
    expect(shown.phase).toBe("running");
  });

  it("gives the reason why it waits, and its last words when it has ended", () => {
    const waits = new Map([["main", { is: "waiting", reason: "ErrImagePull", message: "no route" } as const]]);
    expect(picture([], {}, { waits }).containers[1]?.state).toEqual(waits.get("main"));
    const messages = new Map([["main/0", "bye"]]);
    expect(picture([seen(main, ended)], {}, { messages }).containers[1]?.state).toMatchObject({ message: "bye" });
  });
});

describe("the phase", () => {
  const stop = { askedAt: 1, deadline: 2 };
  const without = (seenNow: Seen[], record: Partial<TaskRecord>) =>
    pictureOf({
      record: { ...newRecord(spec), ...record },
      seen: seenNow,
      waits: new Map(),
      pulls: new Map(),
      messages: new Map(),
      trouble: undefined,
      hostIP: undefined,
    });

  it.for<[string, TaskState["phase"], Omit<TaskState, "version">]>([
    ["before a main has run", "starting", picture([seen(init, running)])],
    ["after a failed init container", "starting", picture([seen(init, { ...ended, ExitCode: 1 })])],
    ["while a main runs", "running", picture([seen(init, ended), seen(main, running)])],
    ["when all have ended", "stopped", picture([seen(init, ended), seen(main, ended)])],
    ["asked to stop, something runs", "stopping", picture([seen(main, running)], { stop })],
    ["asked to stop, only the sandbox is left", "stopping", picture([seen(main, ended)], { stop })],
    ["asked to stop, nothing runs", "stopped", without([seen(main, ended)], { stop })],
  ])("%s: %s", ([, phase, shown]) => {
    expect(shown.phase).toBe(phase);
  });
});
