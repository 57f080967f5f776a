import { StopTaskCommand } from "@aws-sdk/client-ecs";
import { describe, expect, test } from "vitest";
import { eventually } from "../../../test/support/eventually.ts";
import type { LocalstackOptions } from "../../localstack.ts";
import { scriptedRuntime } from "../../scripted.ts";
import { container, inWords, openWorld, runContainers } from "../../testing.ts";

describe("a task", () => {
  test("is healthy when its check succeeds, unhealthy after as many failures as it says, and runs on", async () => {
    await using world = await openWorld({ images: { sick: { health: "UNHEALTHY" } } });
    const healthCheck = { command: ["CMD-SHELL", "true"], interval: 10, retries: 3 };
    const arn = await runContainers(
      world,
      container("well", { healthCheck }),
      container("sick", { healthCheck, essential: false }),
    );
    await world.reaches(arn, "RUNNING");
    const after = async (seconds: number, words: string) => {
      world.aws.clock.advance(seconds * 1000);
      await eventually(
        words,
        async () => (await world.look(arn))?.containers?.map(({ healthStatus }) => healthStatus).join() === words,
      );
    };
    await after(0, "UNKNOWN,UNKNOWN");
    await after(10, "HEALTHY,UNKNOWN");
    for (let round = 0; round < 3; round++) {
      world.aws.clock.advance(10_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await after(0, "HEALTHY,UNHEALTHY");
    expect(await world.look(arn)).toMatchObject({ lastStatus: "RUNNING", healthStatus: "HEALTHY" });
  });

  test("that is UNHEALTHY stops, by a switch", async () => {
    await using world = await openWorld({ switches: { unhealthyStops: true } });
    const arn = await world.run();
    await world.reaches(arn, "RUNNING");
    world.aws.setHealth(arn, "app", "UNHEALTHY");
    expect(await world.reaches(arn, "STOPPED")).toMatchObject({ stoppedReason: "Task failed container health checks" });
  });

  test("ends also when its runtime is away for a moment", async () => {
    let failures = 2;
    const runtime: LocalstackOptions["runtime"] = (parts) => {
      const scripted = scriptedRuntime(parts);
      return {
        ...scripted,
        async stop(task, how) {
          if (failures-- > 0) throw new Error("the runtime is away");
          return scripted.stop(task, how);
        },
      };
    };
    await using world = await openWorld({ rate: 20 }, { runtime });
    const arn = await world.run();
    await world.reaches(arn, "RUNNING");
    await world.ecs.send(new StopTaskCommand({ cluster: "burstlet", task: arn }));
    expect(inWords(await world.reaches(arn, "STOPPED"))).toEqual(["app STOPPED 143"]);
  });

  test("that its infrastructure has lost ends without an exit code", async () => {
    await using world = await openWorld();
    const arn = await world.run();
    await world.reaches(arn, "RUNNING");
    world.aws.lose(arn);
    const task = await world.reaches(arn, "STOPPED");
    expect([task.stopCode, ...inWords(task)]).toEqual(["InfrastructureHealth", "app STOPPED"]);
  });

  test("has containers that nobody asked for, by a switch", async () => {
    await using world = await openWorld({ switches: { strangers: true } });
    const arn = await world.run();
    const task = await world.reaches(arn, "RUNNING");
    expect(task.containers?.map(({ name, image }) => [name?.replace(/[0-9a-f]{7}$/, ""), image])).toEqual([
      ["app", "scripted"],
      ["aws-guardduty-agent-", undefined],
    ]);
  });
});
