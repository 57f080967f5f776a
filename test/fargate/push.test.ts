/** Changes of tasks by way of EventBridge and SQS, with the real SDK over the stand-in. */
import { describe, expect, test } from "vitest";
import type { ScenarioInput } from "../../localstack/scenario/schema.ts";
import { create } from "../../providers/fargate/provider.ts";
import type { TaskState } from "../../src/provider.ts";
import { systemClock } from "../../src/telemetry/clock.ts";
import { eventually } from "../support/eventually.ts";
import { providerContext } from "../support/provider-context.ts";
import { podOf, podWith } from "../support/resolve-sources.ts";
import { silentLog } from "../support/silent-log.ts";
import { eventQueue, events, openFargate, set, uidOf, withEventQueue } from "./testing.ts";

const running = ({ phase }: TaskState): boolean => phase === "running";
const stopped = ({ phase }: TaskState): boolean => phase === "stopped";

/** A node that reads events, and what it says of them. Tasks take some seconds to start. */
async function openPushed(scenario: ScenarioInput = {}, change: object = {}) {
  const lines: string[] = [];
  const log = {
    ...silentLog,
    info: (message: string) => void lines.push(message),
    warn: (message: string) => void lines.push(message),
  };
  const fargate = await openFargate({ ...withEventQueue, ...scenario }, { events, ...change }, { log });
  const told = async (words: string, times = 1) =>
    eventually(words, () => lines.filter((line) => line.includes(words)).length >= times);
  const watched = fargate.watch();
  await told("tasks are left to events");
  return { fargate, watched, told, aws: fargate.world.aws };
}

// Each waits for seconds in a world of its own.
describe.concurrent("a node that reads events of its tasks", () => {
  test("knows what becomes of a pod without a description of its task", async () => {
    const opened = await openPushed({ times: { provisioning: 1, pull: 1, activating: 1, deprovisioning: 1 } });
    await using fargate = opened.fargate;
    const env = [
      { name: "SCRIPT_RUN", value: "4" },
      { name: "SCRIPT_EXIT", value: "3" },
    ];
    const pod = podOf({ restartPolicy: "Never", containers: [{ name: "main", image: "scripted", env }] });
    await fargate.launch(uidOf(1), {}, pod);
    const before = opened.aws.calls.of("ecs:DescribeTasks");
    const seen = await opened.watched.until("it runs", uidOf(1), running);
    expect(seen).toMatchObject({ podName: "web", podNamespace: "ns", provisioned: "0.25vCPU 0.5GB" });
    expect(seen.podIPs).toEqual([expect.stringMatching(/^10\./)]);
    const over = await opened.watched.until("it is over", uidOf(1), stopped);
    expect(over.containers[0]?.state).toMatchObject({ is: "terminated", exitCode: 3, reason: "Error" });
    // One look may have been due: every ten seconds while it starts.
    expect(opened.aws.calls.of("ecs:DescribeTasks") - before).toBeLessThanOrEqual(1);
  });

  test.for(["once", "twice", "disordered"] as const)(
    "has the same picture of every task as one that polls, when events come %s",
    async (taskEvents) => {
      const opened = await openPushed({ switches: { taskEvents }, quotas: { "L-3032A538": 100 } });
      await using fargate = opened.fargate;
      const uids = Array.from({ length: 12 }, (_, index) => uidOf(index));
      await Promise.all(
        uids.map(async (uid, index) => {
          const env = [
            { name: "SCRIPT_RUN", value: index % 3 === 0 ? "forever" : "0.2" },
            { name: "SCRIPT_EXIT", value: String(index) },
          ];
          await fargate.launch(uid, {}, podWith({ image: "scripted", env }));
        }),
      );
      // It finds them by its first list.
      const polled = new Map<string, TaskState>();
      const polling = await create({ ...set, endpoint: fargate.world.aws.url }, providerContext(systemClock));
      const over = new AbortController();
      const watching = polling.watch(
        {
          task: (state) => void polled.set(state.identity.podUid, state),
          gone: () => undefined,
          synced: () => undefined,
          health: () => undefined,
        },
        over.signal,
      );
      await eventually("it has found them", () => polled.size === uids.length);
      for (const [index, uid] of uids.entries()) {
        const state = await opened.watched.until("it runs or is over", uid, index % 3 === 0 ? running : stopped);
        if (index % 6 === 0) await fargate.provider.stop(state, { graceSeconds: 1, discard: false });
      }
      const settled = (state: TaskState | undefined, index: number) =>
        state?.phase === (index % 3 === 0 && index % 6 !== 0 ? "running" : "stopped");
      for (const [index, uid] of uids.entries()) {
        await eventually("both know its end", () =>
          [opened.watched.states, polled].every((all) => settled(all.get(uid), index)),
        );
        expect(picture(opened.watched.states.get(uid))).toEqual(picture(polled.get(uid)));
      }
      over.abort();
      await watching;
      await polling.close?.();
    },
  );

  test("hears of AWS taking a task on Spot back while its containers still run", async () => {
    const opened = await openPushed({}, { capacityType: "spot" });
    await using fargate = opened.fargate;
    const env = [{ name: "SCRIPT_STOP", value: "4" }];
    const { id } = await fargate.launch(uidOf(1), {}, podWith({ image: "scripted", env }));
    expect(await opened.watched.until("it runs", uidOf(1), running)).toMatchObject({
      provisioned: "0.25vCPU 0.5GB Spot",
    });
    const before = opened.aws.calls.of("ecs:DescribeTasks");
    opened.aws.interrupt(id);
    const told = await opened.watched.until("it is told", uidOf(1), ({ disrupted }) => disrupted === true);
    expect(told).toMatchObject({ phase: "stopping", reason: "SpotInterruption" });
    expect(told.containers[0]?.state).toMatchObject({ is: "running" });
    expect(opened.aws.calls.of("ecs:DescribeTasks")).toBe(before);
  });

  test("polls as before while the queue is gone, says so, and reads it again when it is there", async () => {
    const opened = await openPushed();
    await using fargate = opened.fargate;
    await fargate.launch(uidOf(1));
    const { id } = await opened.watched.until("it runs", uidOf(1), running);
    opened.aws.queues.remove(eventQueue);
    await opened.told("cannot be read: tasks are polled");
    opened.aws.lose(id);
    await opened.watched.until("its end is known", uidOf(1), stopped);
    opened.aws.queues.create(eventQueue);
    await opened.told("tasks are left to events", 2);
    await fargate.launch(uidOf(2));
    await opened.watched.until("the next one runs", uidOf(2), running);
  });

  test("polls while it may not read the queue", async () => {
    const opened = await openPushed();
    await using fargate = opened.fargate;
    const error = { type: "AccessDeniedException", message: "sqs:receivemessage is not allowed", status: 403 };
    opened.aws.faults.set({ name: "denied", call: "sqs:*", error });
    // The wait that is under way ends with the next event.
    await fargate.launch(uidOf(1));
    await opened.told("cannot be read: tasks are polled");
    await opened.watched.until("it runs", uidOf(1), running);
    opened.aws.faults.clear("denied");
    await opened.told("tasks are left to events", 2);
  });

  test("hears of health, which no event tells", async () => {
    // Its own check fails, so that health is what this test says.
    const opened = await openPushed({ images: { sick: { health: "UNHEALTHY" } } });
    await using fargate = opened.fargate;
    const readinessProbe = { exec: { command: ["true"] } };
    const { id } = await fargate.launch(uidOf(1), {}, podWith({ image: "sick", readinessProbe }));
    await opened.watched.until("it runs", uidOf(1), running);
    opened.aws.setHealth(id, "main", "HEALTHY");
    await opened.watched.until("it is ready", uidOf(1), ({ containers }) => containers[0]?.ready === true);
    opened.aws.setHealth(id, "main", "UNHEALTHY");
    await opened.watched.until("it is not", uidOf(1), ({ containers }) => containers[0]?.ready === false);
  });

  test("deletes what is none of its business, whatever it is", async () => {
    const opened = await openPushed();
    await using fargate = opened.fargate;
    await fargate.world.run({}, { startedBy: "somebody" });
    for (const body of ["nonsense", "{}", '{"source":"aws.ecs"}']) opened.aws.queues.send(eventQueue, body);
    await eventually("the queue is empty", () => opened.aws.queues.counts()[eventQueue] === 0);
    expect([...opened.watched.states]).toEqual([]);
  });
});

describe("preflight of a node that reads events", () => {
  const findings = async (scenario: ScenarioInput) => {
    await using fargate = await openFargate(scenario, { events });
    return ((await fargate.provider.preflight?.()) ?? []).map(({ message }) => message);
  };

  test("finds nothing where the queue is as it should be", async () => {
    expect(await findings(withEventQueue)).toEqual([]);
  });

  test("finds a queue that is not there, and one that may not be read", async () => {
    expect(await findings({})).toEqual([expect.stringContaining("does not exist in us-east-1")]);
    const error = { type: "AccessDeniedException", message: "no", status: 403 };
    const denied = await findings({ ...withEventQueue, faults: [{ call: "sqs:ReceiveMessage", error }] });
    expect(denied).toEqual([expect.stringContaining("(sqs:ReceiveMessage)")]);
  });
});

/** Without what each counts for itself, and without the time of the end: a task has ended some time before it is STOPPED. */
function picture(state: TaskState | undefined): object {
  const { version: _, endedAt: _end, containers = [], ...rest } = state ?? {};
  return {
    ...rest,
    containers: containers.map(({ state: run, ...one }) => ({ ...one, run: { ...run, finishedAt: 0 } })),
  };
}
