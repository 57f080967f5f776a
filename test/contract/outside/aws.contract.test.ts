import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { events, openFargate, uidOf, withEventQueue } from "../../fargate/testing.ts";
import { eventually } from "../../support/eventually.ts";
import { describeWith } from "../../support/requirements.ts";
import { boundVolume, podWith } from "../../support/resolve-sources.ts";
import { judge } from "./judge.ts";
import { type RecordedCall, startRecorder } from "./recorder.ts";
import { type Account, apiTests, openAccount } from "./suite.ts";
import { type AwsTarget, type Divergences, divergencesOf, moto, standIn } from "./targets.ts";

describe("the stand-in for AWS", () => {
  apiSuite("stand-in", standIn);
});

describeWith(["outside"], "moto, which others wrote", () => {
  apiSuite("moto", moto);
});

/** `AWS_TARGET=localstack AWS_ENDPOINT_URL=… npm run contract -- test/contract/outside`: one more, which costs money on AWS. */
const { AWS_TARGET: name, AWS_ENDPOINT_URL: endpoint } = process.env;
if (name !== undefined) {
  describe(`AWS as ${name}`, () => {
    apiSuite(name, async () => Promise.resolve({ endpoint, [Symbol.asyncDispose]: async () => Promise.resolve() }));
  });
}

function apiSuite(target: string, open: () => Promise<AwsTarget>): void {
  const divergences: Divergences = divergencesOf[target] ?? [];
  let at: AwsTarget;
  let account: Account;
  beforeAll(async () => {
    at = await open();
    account = await openAccount(at.endpoint, process.env["AWS_REGION"] ?? "us-east-1");
  });
  afterAll(async () => at?.[Symbol.asyncDispose]());
  it("is said to differ in tests that there are", () => {
    const names = new Set(apiTests.map((test) => test.name));
    expect(divergences.flatMap(({ tests }) => tests).filter((test) => !names.has(test))).toEqual([]);
  });
  for (const test of apiTests) {
    const reason = divergences.find(({ tests }) => tests.includes(test.name))?.reason;
    if (reason === undefined) it(test.name, async () => test.run(account));
    else it(`DIFFERS, ${reason}: ${test.name}`, async () => differs(test.run(account)));
  }
}

/** By another answer, and not because the other side breaks down. */
async function differs(run: Promise<void>): Promise<void> {
  const error: unknown = await run.then(
    () => new Error("this is as on AWS now: take it out of the list"),
    (found: unknown) => found,
  );
  expect(error).toMatchObject({ name: "AssertionError" });
}

describeWith(["outside"], "what burstlet asks of AWS and what the stand-in answers", () => {
  it("is right by the models of botocore, and so is what the suite asks and hears", async () => {
    const calls: RecordedCall[] = [];
    await using cloud = await standIn();
    await using recorder = await startRecorder(cloud.endpoint ?? "");
    const account = await openAccount(recorder.url, "us-east-1");
    for (const test of apiTests) await test.run(account);
    calls.push(...recorder.calls);
    calls.push(...(await lifeOfAPod()), ...(await lifeOnSpot()));
    const seen = new Set(calls.map(({ service, operation }) => `${service}:${operation}`));
    for (const call of used) expect(seen).toContain(call);
    expect(await judge(calls)).toEqual([]);
  });

  it("would be found wrong if it were", async () => {
    const request = { cluster: 1, tasks: ["a"], wrong: true };
    const answer = { tasks: [{ launchType: "MOON", createdAt: "never" }] };
    const found = (await judge([{ service: "ecs", operation: "DescribeTasks", request, answer }])).join("\n");
    for (const word of ["wrong", "cluster", "MOON", "createdAt"]) expect(found).toContain(word);
  });
});

/** What the provider itself calls in the life of a pod. */
const used = [
  "ecs:DescribeClusters",
  "ecs:DescribeTaskDefinition",
  "ecs:DescribeTasks",
  "ecs:ListTasks",
  "ecs:RegisterTaskDefinition",
  "ecs:RunTask",
  "ecs:StopTask",
  "logs:DescribeLogGroups",
  "logs:GetLogEvents",
  "service-quotas:ListServiceQuotas",
  "sqs:DeleteMessageBatch",
  "sqs:GetQueueAttributes",
  "sqs:ReceiveMessage",
];

async function lifeOfAPod(): Promise<readonly RecordedCall[]> {
  await using fargate = await openFargate(withEventQueue);
  await using recorder = await startRecorder(fargate.world.aws.url);
  await using through = await openFargate({}, { endpoint: recorder.url, events });
  const watched = through.watch();
  const state = await through.launch(uidOf(1));
  await watched.until("it runs", uidOf(1), ({ phase }) => phase === "running");
  await through.provider.preflight?.();
  await through.provider.capacity();
  const task = { identity: state.identity, id: state.id };
  const signal = new AbortController().signal;
  const logs = through.provider.logs?.(
    { task, container: "main", instance: 0 },
    { follow: false, tailLines: undefined },
    signal,
  );
  if (logs !== undefined) for await (const _ of logs);
  await through.provider.stop(task, { graceSeconds: 1, discard: false });
  await watched.until("it has stopped", uidOf(1), ({ phase }) => phase === "stopped");
  await eventually("its events are read", () =>
    recorder.calls.some(({ operation, answer }) => operation === "DeleteMessageBatch" && answer !== undefined),
  );
  return recorder.calls;
}

/** With a file system of EFS and a volume of EBS, until AWS takes it back. */
async function lifeOnSpot(): Promise<readonly RecordedCall[]> {
  await using fargate = await openFargate({ fileSystems: { "fs-0a1b2c3d": {} } });
  await using recorder = await startRecorder(fargate.world.aws.url);
  const infrastructureRoleArn = "arn:aws:iam::123456789012:role/burstlet-infrastructure";
  await using through = await openFargate({}, { endpoint: recorder.url, capacityType: "spot", infrastructureRoleArn });
  const watched = through.watch();
  const pod = podWith(
    {
      image: "scripted",
      volumeMounts: [
        { name: "shared", mountPath: "/shared" },
        { name: "disk", mountPath: "/disk" },
      ],
    },
    {
      volumes: [
        { name: "shared", persistentVolumeClaim: { claimName: "shared" } },
        { name: "disk", csi: { driver: "ebs.csi.aws.com", volumeAttributes: { size: "20Gi", iops: "3000" } } },
      ],
    },
  );
  const csi = { driver: "efs.csi.aws.com", volumeHandle: "fs-0a1b2c3d" };
  const { id } = await through.launch(uidOf(2), {}, pod, boundVolume({ csi, mountOptions: ["iam"] }, "shared"));
  await watched.until("it runs", uidOf(2), ({ phase }) => phase === "running");
  fargate.world.aws.interrupt(id);
  await watched.until("it has stopped", uidOf(2), ({ phase, disrupted }) => phase === "stopped" && disrupted === true);
  return recorder.calls;
}
