import { ListTagsForResourceCommand, ListTasksCommand, StopTaskCommand, TagResourceCommand } from "@aws-sdk/client-ecs";
import { describe, expect, test } from "vitest";
import { eventually } from "../../../test/support/eventually.ts";
import { container, inWords, openWorld, runContainers, script } from "../../testing.ts";

describe("a task", () => {
  test("goes through its states, each for its time", async () => {
    const times = { provisioning: 10, pull: 20, activating: 5, deactivating: 4, deprovisioning: 15 };
    await using world = await openWorld({ times });
    world.aws.clock.setRate(1e-6);
    const arn = await world.run();
    const passes = async (seconds: number, status: string) => {
      world.aws.clock.advance(seconds * 1000);
      return world.reaches(arn, status);
    };
    expect((await passes(9, "PROVISIONING")).attachments?.[0]?.status).toBe("PRECREATED");
    await passes(2, "PENDING");
    await passes(18, "PENDING");
    const activating = await passes(2, "ACTIVATING");
    expect(activating.containers?.[0]).toMatchObject({
      lastStatus: "RUNNING",
      networkInterfaces: [{ privateIpv4Address: "10.99.0.2" }],
    });
    expect(activating.startedAt).toBeUndefined();
    expect((await passes(6, "RUNNING")).startedAt).toBeInstanceOf(Date);
    await world.ecs.send(new StopTaskCommand({ cluster: "burstlet", task: arn }));
    expect((await passes(3, "DEACTIVATING")).desiredStatus).toBe("STOPPED");
    await passes(2, "DEPROVISIONING");
    await passes(14, "DEPROVISIONING");
    const stopped = await passes(2, "STOPPED");
    expect(stopped.stoppedAt?.getTime()).toBeGreaterThan(stopped.stoppingAt?.getTime() ?? Infinity);
    expect(stopped.version).toBeGreaterThan(activating.version ?? Infinity);
  });

  test("whose essential container ends is stopped as a whole", async () => {
    await using world = await openWorld();
    const arn = await runContainers(world, container("app", script({ RUN: "0.05", EXIT: "3" })), container("other"));
    const task = await world.reaches(arn, "STOPPED");
    expect(task).toMatchObject({
      stopCode: "EssentialContainerExited",
      stoppedReason: "Essential container in task exited",
    });
    expect(inWords(task)).toEqual(["app STOPPED 3", "other STOPPED 143"]);
  });

  test("goes on when a container that is not essential ends", async () => {
    await using world = await openWorld();
    const arn = await runContainers(
      world,
      container("app"),
      container("job", { essential: false, ...script({ RUN: "0", EXIT: "5" }) }),
    );
    expect(inWords(await world.reaches(arn, "RUNNING"))).toEqual(["app RUNNING", "job STOPPED 5"]);
  });

  test("is PENDING while an init container runs or another waits for it, and what waits for nothing runs", async () => {
    await using world = await openWorld();
    const waits = { dependsOn: [{ containerName: "init", condition: "SUCCESS" as const }] };
    const init = container("init", { essential: false, ...script({ RUN: "forever" }) });
    const arn = await runContainers(world, init, container("app", waits), container("sentinel"));
    const running = ["init RUNNING", "app PENDING", "sentinel RUNNING"];
    await eventually("init runs", async () => inWords((await world.look(arn)) ?? {}).join() === running.join());
    expect((await world.look(arn))?.lastStatus).toBe("PENDING");
  });

  test("ends when an init container fails: what waited for it is ended with 143 though it never ran", async () => {
    await using world = await openWorld();
    const waits = { dependsOn: [{ containerName: "init", condition: "SUCCESS" as const }] };
    const init = container("init", { essential: false, ...script({ RUN: "0", EXIT: "7" }) });
    const arn = await runContainers(world, init, container("app", waits));
    const task = await world.reaches(arn, "STOPPED");
    expect(task.stopCode).toBe("TaskFailedToStart");
    expect(inWords(task)).toEqual([
      "init STOPPED 7",
      expect.stringMatching(/^app STOPPED 143 CannotStartContainerError: .*as dependency did not exit successfully/),
    ]);
    expect(task.startedAt).toBeUndefined();
  });

  test.for([
    ["none", {}, "PENDING"],
    ["none", { startTimeout: 60 }, "STOPPED"],
    ["120 s", {}, "STOPPED"],
  ] as const)(
    "by the switch %s and startTimeout %j is %s after an init container of three minutes",
    async ([startTimeout, change, state]) => {
      await using world = await openWorld({ switches: { startTimeout } });
      const waits = { dependsOn: [{ containerName: "init", condition: "SUCCESS" as const }] };
      const init = container("init", { essential: false, ...script({ RUN: "forever" }), ...change });
      const arn = await runContainers(world, init, container("app", waits));
      await eventually("init runs", async () => (await world.look(arn))?.containers?.[0]?.lastStatus === "RUNNING");
      world.aws.clock.advance(180_000);
      const task = await world.reaches(arn, state);
      expect(task.stoppedReason ?? "waits").toMatch(
        state === "PENDING" ? /^waits$/ : /for target \[app\] has timed out/,
      );
    },
  );

  test("with a helper of burstlet ends by it once all main containers have ended", async () => {
    await using world = await openWorld();
    const kind = (of: string) => ({ essential: of === "helper", dockerLabels: { "dev.burstlet.kind": of } });
    const arn = await runContainers(
      world,
      container("one", { ...kind("main"), ...script({ RUN: "0", EXIT: "0" }) }),
      container("two", { ...kind("main"), ...script({ RUN: "0.2", EXIT: "4" }) }),
      container("helper", kind("helper")),
    );
    const task = await world.reaches(arn, "STOPPED");
    expect(inWords(task)).toEqual(["one STOPPED 0", "two STOPPED 4", "helper STOPPED 0"]);
    expect(task.stopCode).toBe("EssentialContainerExited");
  });

  test("with a helper of burstlet that a container waits for goes on once that has ended by itself", async () => {
    await using world = await openWorld();
    const waits = { dependsOn: [{ containerName: "helper", condition: "SUCCESS" as const }] };
    const arn = await runContainers(
      world,
      container("app", { dockerLabels: { "dev.burstlet.kind": "main" }, ...waits }),
      container("helper", { essential: false, dockerLabels: { "dev.burstlet.kind": "helper" } }),
    );
    expect(inWords(await world.reaches(arn, "RUNNING"))).toEqual(["app RUNNING", "helper STOPPED 0"]);
  });

  test.for([
    ["oom", "app STOPPED 137 OutOfMemoryError: Container killed due to memory usage"],
    ["unknown", "app STOPPED"],
  ] as const)("that ends by %s tells it so, and an unknown exit code is absent", async ([END, words]) => {
    await using world = await openWorld();
    const arn = await runContainers(world, container("app", script({ RUN: "0", END })));
    expect(inWords(await world.reaches(arn, "STOPPED"))).toEqual([words]);
  });

  test.for([
    ["missing", "not found"],
    ["denied", "pull access denied"],
  ] as const)("whose image is %s never starts", async ([pull, words]) => {
    await using world = await openWorld({ images: { app: { pull } } });
    const task = await world.reaches(await runContainers(world, container("app")), "STOPPED");
    expect(task).toMatchObject({
      stopCode: "TaskFailedToStart",
      stoppedReason: expect.stringMatching(/^CannotPullContainerError: /) as string,
    });
    expect(task.stoppedReason).toContain(words);
    expect(task.containers?.[0]?.exitCode).toBeUndefined();
  });

  test("whose image the runtime does not have never starts", async () => {
    await using world = await openWorld();
    const task = await world.reaches(
      await runContainers(world, container("app", script({ IMAGE: "missing" }))),
      "STOPPED",
    );
    expect(task.stoppedReason).toMatch(/^CannotPullContainerError: .*app is missing/);
  });

  test("that is told to stop before it has started has no exit code", async () => {
    await using world = await openWorld({ times: { provisioning: 3600 } });
    const arn = await world.run();
    await world.ecs.send(new StopTaskCommand({ cluster: "burstlet", task: arn }));
    expect(inWords(await world.reaches(arn, "STOPPED"))).toEqual(["app STOPPED"]);
  });

  test("ends by SIGKILL when its stopTimeout is over, each container by its own", async () => {
    await using world = await openWorld({ rate: 20 });
    const stubborn = script({ STOP: "100000" });
    const arn = await runContainers(
      world,
      container("app", { ...stubborn, stopTimeout: 20 }),
      // Long before the end of its own, which comes before that of the first one.
      container("other", { ...script({ STOP: "19" }), stopTimeout: 2 }),
    );
    await world.reaches(arn, "RUNNING");
    await world.ecs.send(new StopTaskCommand({ cluster: "burstlet", task: arn }));
    const task = await world.reaches(arn, "STOPPED");
    expect(inWords(task)).toEqual(["app STOPPED 137", "other STOPPED 137"]);
    const took = (task.executionStoppedAt?.getTime() ?? 0) - (task.stoppingAt?.getTime() ?? 0);
    expect(took).toBeGreaterThanOrEqual(20_000);
  });

  test.for(["TerminationNotice", "InfrastructureHealth"] as const)(
    "that AWS retires stops with %s",
    async (retirementStopCode) => {
      await using world = await openWorld({ switches: { retirementStopCode } });
      const arn = await world.run();
      await world.reaches(arn, "RUNNING");
      expect(world.aws.retire(arn)).toBe(true);
      expect(await world.reaches(arn, "STOPPED")).toMatchObject({
        stopCode: retirementStopCode,
        stoppedReason: expect.stringContaining("ECS is performing maintenance") as string,
      });
    },
  );

  test("on Spot that AWS interrupts is told to stop, and is RUNNING as long as its containers take to end", async () => {
    await using world = await openWorld({ rate: 20 });
    const slow = script({ STOP: "60", EXIT: "3" });
    const arn = await world.run(
      { containerDefinitions: [container("app", { ...slow, stopTimeout: 120 })] },
      { launchType: undefined, capacityProviderStrategy: [{ capacityProvider: "FARGATE_SPOT", weight: 1 }] },
    );
    await world.reaches(arn, "RUNNING");
    expect(world.aws.interrupt(arn)).toBe(true);
    expect(world.aws.interrupt(arn)).toBe(false);
    const notice = { desiredStatus: "STOPPED", stopCode: "SpotInterruption", capacityProviderName: "FARGATE_SPOT" };
    expect(await world.look(arn)).toMatchObject({ ...notice, lastStatus: "RUNNING" });
    const task = await world.reaches(arn, "STOPPED");
    expect(task).toMatchObject({ ...notice, stoppedReason: "Your Spot Task was interrupted." });
    const took = (task.executionStoppedAt?.getTime() ?? 0) - (task.stoppingAt?.getTime() ?? 0);
    expect(took).toBeGreaterThanOrEqual(60_000);
    expect(took).toBeLessThan(120_000);
  });

  test("on demand is not interrupted", async () => {
    await using world = await openWorld();
    const arn = await world.run();
    expect(() => world.aws.interrupt(arn)).toThrow("is not on Spot");
  });

  test("that has stopped is remembered for an hour", async () => {
    await using world = await openWorld();
    const arn = await runContainers(world, container("app", script({ RUN: "0" })));
    await world.reaches(arn, "STOPPED");
    const listed = async () =>
      (await world.ecs.send(new ListTasksCommand({ cluster: "burstlet", desiredStatus: "STOPPED" }))).taskArns;
    world.aws.clock.advance(3_590_000);
    expect(await listed()).toEqual([arn]);
    world.aws.clock.advance(20_000);
    expect(await listed()).toEqual([]);
    expect(await world.look(arn)).toBeUndefined();
  });

  test("has tags until StopTask, which deletes them", async () => {
    await using world = await openWorld();
    const arn = await world.run({}, { tags: [{ key: "burstlet.dev/pod", value: "web" }] });
    await world.ecs.send(new TagResourceCommand({ resourceArn: arn, tags: [{ key: "more", value: "x" }] }));
    const { tags } = await world.ecs.send(new ListTagsForResourceCommand({ resourceArn: arn }));
    expect(tags).toEqual([
      { key: "burstlet.dev/pod", value: "web" },
      { key: "more", value: "x" },
    ]);
    await world.ecs.send(new StopTaskCommand({ cluster: "burstlet", task: arn }));
    expect((await world.look(arn))?.tags).toEqual([]);
  });
});
