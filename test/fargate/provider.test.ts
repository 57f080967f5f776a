import { describe, expect, test, vi } from "vitest";
import { create } from "../../providers/fargate/provider.ts";
import type { LogRecord } from "../../src/provider.ts";
import { eventually } from "../support/eventually.ts";
import { fakeClock } from "../support/fake-clock.ts";
import { providerContext } from "../support/provider-context.ts";
import { podWith, resolvedPod } from "../support/resolve-sources.ts";
import { type Fargate, openFargate, set, uidOf } from "./testing.ts";

const signal = new AbortController().signal;
const launches = ({ world }: Fargate) => world.aws.ledger.entries.filter(({ event }) => event === "launch");
const started = (fargate: Fargate) =>
  launches(fargate).filter((entry) => "outcome" in entry && entry.outcome === "launched");

async function textOf(logs: AsyncIterable<readonly LogRecord[]> | undefined): Promise<string[]> {
  const lines: string[] = [];
  if (logs !== undefined) for await (const batch of logs) lines.push(...batch.map(({ bytes }) => bytes.toString()));
  return lines;
}

describe("a pod on Fargate", () => {
  test("runs, is told, is read, and ends", async () => {
    await using fargate = await openFargate();
    const { provider, world } = fargate;
    const watched = fargate.watch();
    const state = await fargate.launch(uidOf(1));
    expect(state).toMatchObject({ phase: "starting", podName: "web", podNamespace: "ns", nodeName: "virtual-1" });
    expect(state).toMatchObject({ provisioned: "0.25vCPU 0.5GB", hourlyUsd: expect.any(Number) as number });
    await watched.until("it runs", uidOf(1), ({ phase }) => phase === "running");
    world.aws.print(state.id, "main", ["hello"]);
    const source = { task: { identity: state.identity, id: state.id }, container: "main", instance: 0 };
    const read = async () => textOf(provider.logs?.(source, { follow: false, tailLines: 1 }, signal));
    await eventually("the line is there", async () => (await read()).includes("hello"));
    await expect(provider.stop(source.task, { graceSeconds: 1, discard: false })).resolves.toBe("stopping");
    await watched.until("it has stopped", uidOf(1), ({ phase }) => phase === "stopped");
    await expect(provider.stop(source.task, { graceSeconds: 1, discard: true })).resolves.toBe("gone");
    await expect(read()).resolves.toEqual(["hello"]);
  });

  test("is launched once however often its launch is repeated in doubt", async () => {
    await using fargate = await openFargate({ faults: [{ call: "ecs:RunTask", times: 1, cut: "after" }] });
    await expect(fargate.launch(uidOf(1))).rejects.toMatchObject({ kind: "unknown" });
    const state = await fargate.launch(uidOf(1));
    expect(started(fargate)).toHaveLength(1);
    await expect(fargate.launch(uidOf(1))).resolves.toMatchObject({ id: state.id });
    expect(started(fargate)).toHaveLength(1);
  });

  test("is adopted when its token has launched it with other parameters", async () => {
    await using fargate = await openFargate();
    const state = await fargate.launch(uidOf(1));
    const { request } = await requestWith(fargate, "other");
    await expect(fargate.launch(uidOf(1), { request })).resolves.toMatchObject({ id: state.id });
    expect(launches(fargate).at(-1)).toMatchObject({ outcome: "conflict" });
    expect(started(fargate)).toHaveLength(1);
  });

  test("shares one task definition with all of its template, also over a restart of burstlet", async () => {
    await using fargate = await openFargate();
    await Promise.all(Array.from({ length: 15 }, async (_, n) => fargate.launch(uidOf(n))));
    const again = await fargate.again();
    const { request } = await requestWith(fargate, "x");
    const identity = { clusterUid: "cluster-1", podUid: uidOf(99), attempt: 1 };
    await again.launch({ identity, token: "t".repeat(64), tryNumber: 1, request }, signal);
    expect(started(fargate)).toHaveLength(16);
    expect(
      new Set(launches(fargate).map((entry) => "taskDefinitionArn" in entry && entry.taskDefinitionArn)).size,
    ).toBe(1);
  });
});

async function requestWith({ provider }: Fargate, value: string) {
  const pod = podWith({ image: "scripted", env: [{ name: "A", value }] });
  const { request } = provider.translate(await resolvedPod({ ...pod, metadata: { ...pod.metadata, uid: uidOf(1) } }));
  if (request === undefined) throw new Error("refused");
  return { request };
}

describe("where there is no room", () => {
  test("in one zone, the next try goes to the next", async () => {
    await using fargate = await openFargate({ zones: { "us-east-1a": { capacity: 0 } } });
    await expect(fargate.launch(uidOf(1))).rejects.toMatchObject({ kind: "noCapacity", reason: "CapacityUnavailable" });
    await fargate.launch(uidOf(1), { tryNumber: 2 });
    expect(started(fargate)).toMatchObject([{ subnet: "subnet-1a2b3c4d" }]);
  });

  test.for(["failures", "exception"] as const)(
    "in the account's quota, told as %s, the node shrinks to what it has",
    async (quotaAnswer) => {
      await using fargate = await openFargate({ switches: { quotaAnswer }, quotas: { "L-3032A538": 1 } });
      await expect(fargate.provider.capacity()).resolves.toMatchObject({ cpu: 1, pods: 1_000 });
      for (const n of [1, 2, 3, 4]) await fargate.launch(uidOf(n));
      await expect(fargate.launch(uidOf(5))).rejects.toMatchObject({ kind: "noCapacity", reason: "VcpuQuotaExceeded" });
      await expect(fargate.provider.capacity()).resolves.toMatchObject({ cpu: 1, pods: 4 });
    },
  );
});

describe("credentials that expire", () => {
  test("with fifty pods running end none of them, and the node's health says so until they are mended", async () => {
    await using fargate = await openFargate({ quotas: { "L-3032A538": 100 } });
    const watched = fargate.watch();
    // RunTask's bucket: 20 and then 20 a second. Calls that a busy machine holds up arrive at once, and what is throttled
    // is launched again, as the node does it.
    const launched = async (n: number) => eventually("it is launched", async () => fargate.launch(uidOf(n)));
    await Promise.all(Array.from({ length: 50 }, async (_, n) => launched(n)));
    await eventually(
      "all run",
      () => [...watched.states.values()].filter(({ phase }) => phase === "running").length === 50,
    );
    fargate.world.aws.scenario.change({ switches: { credentials: "expired" } });
    await eventually("it is told", () => watched.health.at(-1)?.kind === "denied");
    await expect(fargate.launch(uidOf(50))).rejects.toMatchObject({ kind: "denied" });
    await expect(fargate.provider.list()).rejects.toMatchObject({ kind: "denied" });
    fargate.world.aws.scenario.change({ switches: { credentials: "valid" } });
    await eventually("it is over", () => watched.health.length > 1 && watched.health.at(-1) === undefined);
    expect([...watched.states.values()].map(({ phase }) => phase)).toEqual(Array(50).fill("running"));
    expect(watched.gone).toEqual([]);
    expect(fargate.world.aws.ledger.entries.filter(({ event }) => event !== "launch")).toEqual([]);
    expect(started(fargate)).toHaveLength(50);
  });
});

describe("preflight", () => {
  test("of an account in which all is there finds nothing", async () => {
    await using fargate = await openFargate();
    await expect(fargate.provider.preflight?.()).resolves.toEqual([]);
  });

  test("asks for the roles of service accounts too", async () => {
    const taskRoleArn = "arn:aws:iam::123456789012:role/nowhere";
    const serviceAccounts = [{ namespace: "team-a", name: "builder", taskRoleArn }];
    await using fargate = await openFargate({}, { serviceAccounts });
    const findings = (await fargate.provider.preflight?.()) ?? [];
    expect(findings.map(({ message }) => message)).toEqual([expect.stringContaining("nowhere")]);
  });

  test("names everything that is not there, each with its command", async () => {
    await using fargate = await openFargate({
      clusters: [],
      logGroups: [],
      roles: [],
      subnets: [],
      securityGroups: [],
    });
    const findings = (await fargate.provider.preflight?.()) ?? [];
    expect(findings.map(({ fix }) => /^aws \S+ \S+/.exec(fix)?.[0])).toEqual([
      "aws ecs create-cluster",
      "aws logs create-log-group",
      "aws iam create-role",
      "aws iam create-role",
      "aws ec2 describe-subnets",
      "aws ec2 describe-subnets",
      "aws ec2 describe-security-groups",
    ]);
  });

  test.for(["expired", "unknown"] as const)("with credentials that are %s finds that alone", async (credentials) => {
    await using fargate = await openFargate({ switches: { credentials } });
    const findings = (await fargate.provider.preflight?.()) ?? [];
    expect(findings.map(({ fix }) => fix)).toEqual([expect.stringContaining("aws sts get-caller-identity")]);
  });
});

test.for([undefined, ""])("without a region (AWS_REGION is %j) the node says where to set one", async (value) => {
  vi.stubEnv("AWS_REGION", value);
  vi.stubEnv("AWS_CONFIG_FILE", "/dev/null");
  const { region: _, ...config } = set;
  await expect(create(config, providerContext(fakeClock()))).rejects.toThrow("no region of AWS is set");
  vi.unstubAllEnvs();
});
