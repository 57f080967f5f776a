import { StopTaskCommand } from "@aws-sdk/client-ecs";
import { describe, expect, test } from "vitest";
import { startLocalstack } from "./localstack.ts";
import { clientConfig, openWorld } from "./testing.ts";
import { systemClock } from "../src/telemetry/clock.ts";

describe("the stand-in", () => {
  test("runs a task of a registered definition, tells of it, and ends it", async () => {
    await using world = await openWorld();
    const arn = await world.run({}, { startedBy: "bl/c/n/u/1", clientToken: "token-1" });
    await world.reaches(arn, "RUNNING");
    await world.ecs.send(new StopTaskCommand({ cluster: "burstlet", task: arn, reason: "burstlet: deleted" }));
    expect(await world.reaches(arn, "STOPPED")).toMatchObject({
      stopCode: "UserInitiated",
      stoppedReason: "burstlet: deleted",
      startedBy: "bl/c/n/u/1",
      containers: [{ name: "app", lastStatus: "STOPPED", exitCode: 143 }],
    });
    const told = { taskArn: arn, startedBy: "bl/c/n/u/1", at: expect.any(Number) as number };
    expect(world.aws.ledger.entries).toEqual([
      expect.objectContaining({ ...told, event: "launch", outcome: "launched", clientToken: "token-1" }),
      expect.objectContaining({ ...told, event: "stop", outcome: "stopping", reason: "burstlet: deleted" }),
      expect.objectContaining({ ...told, event: "ended", stopCode: "UserInitiated", exitCodes: { app: 143 } }),
    ]);
  });

  test("refuses what a scenario file says wrongly, with its place", async () => {
    const start = startLocalstack({ port: 0, clock: systemClock, scenario: { times: { pul: 1 }, account: "1" } });
    await expect(start).rejects.toThrow(/pul[\s\S]*account|account[\s\S]*pul/);
  });

  test("forgets nothing and leaves nothing: two of them live side by side", async () => {
    await using one = await openWorld();
    await using other = await openWorld();
    const arn = await one.run();
    expect(await one.look(arn)).toBeDefined();
    expect(await other.look(arn)).toBeUndefined();
    expect(clientConfig(one.aws.url)).not.toEqual(clientConfig(other.aws.url));
  });
});
