import {
  DescribeTasksCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  StopTaskCommand,
} from "@aws-sdk/client-ecs";
import { describe, expect, test } from "vitest";
import { eventually } from "../test/support/eventually.ts";
import { definition, launch, openWorld } from "./testing.ts";

describe("the stand-in", () => {
  test("runs a task of a registered definition, tells of it, and ends it", async () => {
    await using world = await openWorld();
    await world.ecs.send(new RegisterTaskDefinitionCommand(definition()));
    const { tasks = [] } = await world.ecs.send(new RunTaskCommand(launch({ startedBy: "bl/c/n/u/1" })));
    const arn = tasks[0]?.taskArn ?? "";
    const look = async () => {
      const answer = await world.ecs.send(new DescribeTasksCommand({ cluster: "burstlet", tasks: [arn] }));
      return answer.tasks?.[0];
    };
    await eventually("it runs", async () => (await look())?.lastStatus === "RUNNING");
    await world.ecs.send(new StopTaskCommand({ cluster: "burstlet", task: arn, reason: "burstlet: deleted" }));
    await eventually("it has stopped", async () => (await look())?.lastStatus === "STOPPED");
    expect(await look()).toMatchObject({
      stopCode: "UserInitiated",
      stoppedReason: "burstlet: deleted",
      startedBy: "bl/c/n/u/1",
      containers: [{ name: "app", lastStatus: "STOPPED", exitCode: 143 }],
    });
    expect(world.aws.ledger.entries.map(({ event }) => event)).toEqual(["launch", "stop", "ended"]);
  });
});
