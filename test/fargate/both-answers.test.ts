/** What nobody has looked up on AWS itself has several answers in the stand-in: burstlet lives with each of them. */
import { describe, expect, test } from "vitest";
import type { ScenarioInput } from "../../localstack/scenario/schema.ts";
import { podWith, resolvedPod } from "../support/resolve-sources.ts";
import { type Fargate, openFargate, uidOf } from "./testing.ts";

type Switches = NonNullable<ScenarioInput["switches"]>;

const others: Switches = {
  quotaAnswer: "exception",
  capacityAnswer: "exception",
  retirementStopCode: "InfrastructureHealth",
  listStartedByStopped: true,
  startTimeout: "120 s",
  unhealthyStops: true,
  strangers: true,
};

describe.concurrent.for<[string, Switches]>([
  ["the answers that seem likelier", {}],
  ["the other answer to everything", others],
])("with %s", ([, switches]) => {
  test("a pod runs, is found again by another life of the node, and ends; nothing is launched twice", async () => {
    await using fargate = await openFargate({ switches });
    const watched = fargate.watch();
    const { id, identity } = await fargate.launch(uidOf(1));
    const runs = await watched.until("it runs", uidOf(1), ({ phase }) => phase === "running");
    expect(runs.containers.map(({ name }) => name)).toEqual(["main"]);
    const again = await fargate.again();
    expect(await again.list()).toMatchObject([{ id, identity, phase: "running" }]);
    await again.stop({ identity, id }, { graceSeconds: 1, discard: false });
    const stopped = await watched.until("it has stopped", uidOf(1), ({ phase }) => phase === "stopped");
    expect(stopped.disrupted).toBeUndefined();
    expect(fargate.world.aws.ledger.entries.filter(({ event }) => event === "launch")).toHaveLength(1);
  });

  test("a container that is not alive any more asks for its end, or has ended with its task", async () => {
    await using fargate = await openFargate({ switches });
    const watched = fargate.watch();
    const pod = podWith({ image: "scripted", livenessProbe: { exec: { command: ["true"] } } });
    const { id } = await fargate.launch(uidOf(1), {}, pod);
    await watched.until("it runs", uidOf(1), ({ phase }) => phase === "running");
    fargate.world.aws.setHealth(id, "main", "UNHEALTHY");
    const seen = await watched.until(
      "it is told",
      uidOf(1),
      ({ phase, containers }) => phase === "stopped" || containers[0]?.failed === "liveness",
    );
    expect(seen.phase).toBe(switches.unhealthyStops === true ? "stopped" : "running");
    expect(seen.disrupted).toBeUndefined();
  });
});

test.concurrent.for(["TerminationNotice", "InfrastructureHealth", "ServiceSchedulerInitiated"] as const)(
  "a task that AWS retires with %s is told as taken away",
  async (retirementStopCode) => {
    await using fargate = await openFargate({ switches: { retirementStopCode } });
    const watched = fargate.watch();
    const { id } = await fargate.launch(uidOf(1));
    await watched.until("it runs", uidOf(1), ({ phase }) => phase === "running");
    fargate.world.aws.retire(id);
    const seen = await watched.until("it is taken", uidOf(1), ({ disrupted }) => disrupted === true);
    expect(seen.message).not.toBe("");
  },
);

test.concurrent.for(["failures", "exception"] as const)(
  "no capacity, told as %s, has started nothing",
  async (capacityAnswer) => {
    await using fargate = await openFargate({ zones, switches: { capacityAnswer } });
    await expect(fargate.launch(uidOf(1))).rejects.toMatchObject({ kind: "noCapacity", reason: "CapacityUnavailable" });
  },
);

test.concurrent("no capacity, told by a task that stops, is a start that failed and says so", async () => {
  await using fargate = await openFargate({ zones, switches: { capacityAnswer: "stopped" } });
  const watched = fargate.watch();
  await fargate.launch(uidOf(1));
  const seen = await watched.until("it has stopped", uidOf(1), ({ phase }) => phase === "stopped");
  expect(seen.containers).toMatchObject([{ state: { is: "waiting", reason: "CapacityUnavailable" } }]);
});

const zones = { "us-east-1a": { capacity: 0 } };

describe.concurrent("where there is no Spot, a pod that may goes on demand", () => {
  const none = { "us-east-1a": { spotCapacity: 0 }, "us-east-1b": { spotCapacity: 0 } };
  const config = { capacityType: "spot-then-on-demand", subnets: ["subnet-0a1b2c3d"] };
  const markets = ({ world }: Fargate) =>
    world.aws.ledger.entries.flatMap((entry) =>
      entry.event === "launch" && entry.outcome === "launched" ? [entry.market] : [],
    );

  test.for(["failures", "exception"] as const)("by its next try, told as %s", async (capacityAnswer) => {
    await using fargate = await openFargate({ zones: none, switches: { capacityAnswer } }, config);
    await expect(fargate.launch(uidOf(1))).rejects.toMatchObject({ kind: "noCapacity", reason: "CapacityUnavailable" });
    await fargate.launch(uidOf(1), { tryNumber: 2 });
    expect(markets(fargate)).toEqual(["on-demand"]);
  });

  test("by its next attempt, told by a task that stops, in another life of the node too", async () => {
    await using fargate = await openFargate({ zones: none, switches: { capacityAnswer: "stopped" } }, config);
    const watched = fargate.watch();
    const { identity } = await fargate.launch(uidOf(1));
    await watched.until("it has stopped", uidOf(1), ({ phase }) => phase === "stopped");
    const again = await fargate.again();
    await again.list();
    const { request } = again.translate(await resolvedPod(podWith({ image: "scripted" })));
    if (request === undefined) throw new Error("refused");
    const second = { identity: { ...identity, attempt: 2 }, token: "second", tryNumber: 1, request };
    await again.launch(second, new AbortController().signal);
    expect(markets(fargate)).toEqual(["spot", "on-demand"]);
  });
});
