/** Secrets of pods as parameters of Systems Manager, over the stand-in. */
import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import type { ScenarioInput } from "../../localstack/scenario/schema.ts";
import { eventually } from "../support/eventually.ts";
import { podWith, resolvedPod, type World } from "../support/resolve-sources.ts";
import { type Fargate, openFargate, uidOf } from "./testing.ts";

const secretKeyRef = (key: string) => ({ valueFrom: { secretKeyRef: { name: "db", key } } });
const env = [
  { name: "PASSWORD", ...secretKeyRef("password") },
  { name: "AGAIN", ...secretKeyRef("password") },
  { name: "OTHER", ...secretKeyRef("other") },
];
const pod = podWith({ image: "scripted", env });
const world = (data: Record<string, string>): World => ({ secrets: { db: { data } } });
const objects = world({ password: "hush", other: "quiet" });

const open = async (scenario: ScenarioInput = {}): Promise<Fargate> =>
  openFargate(scenario, { secrets: { store: "parameters", graceSeconds: 1 } });
const ofPods = ({ world: { aws } }: Fargate) => aws.parameters().filter(({ name }) => name.startsWith("/burstlet/"));

describe("secrets of a pod as parameters", () => {
  test("are one for each value, shared by pods, read by ECS, and gone when no task needs them", async () => {
    await using fargate = await open();
    const watched = fargate.watch();
    const tasks = [];
    for (const uid of [uidOf(1), uidOf(2)]) tasks.push(await fargate.launch(uid, {}, pod, objects));
    for (const uid of [uidOf(1), uidOf(2)]) await watched.until("it runs", uid, ({ phase }) => phase === "running");
    expect(ofPods(fargate).map(({ name, reads }) => [/[0-9a-f]{64}$/.test(name), reads])).toEqual([
      [true, 2],
      [true, 2],
    ]);
    expect(fargate.world.aws.secrets()).toEqual([]);
    expect(JSON.stringify(fargate.world.aws.ledger.entries)).not.toMatch(/hush|quiet/);
    for (const { identity, id } of tasks)
      await fargate.provider.stop({ identity, id }, { graceSeconds: 1, discard: false });
    await eventually("only the key is left", () => fargate.world.aws.parameters().length === 1);
    expect(fargate.world.aws.parameters()[0]?.name).toMatch(/^\/burstlet-key\//);
  });

  test("are found again by another life of the node", async () => {
    await using fargate = await open();
    await fargate.launch(uidOf(1), {}, pod, objects);
    const { request } = (await fargate.again()).translate(await resolvedPod(pod, objects));
    if (request === undefined) throw new Error("refused");
    const identity = { clusterUid: "cluster-1", podUid: uidOf(2), attempt: 1 };
    const signal = new AbortController().signal;
    await (await fargate.again()).launch({ identity, token: "t".repeat(64), tryNumber: 1, request }, signal);
    expect(ofPods(fargate)).toHaveLength(2);
  });

  test("that ECS may not read are told with the right that is missing", async () => {
    await using fargate = await open({ secretless: ["burstlet-execution"] });
    const watched = fargate.watch();
    await fargate.launch(uidOf(1), {}, pod, objects);
    const state = await watched.until("it is told", uidOf(1), ({ phase }) => phase === "stopped");
    expect(JSON.stringify(state)).toContain("not authorized to perform: ssm:GetParameters");
    expect(JSON.stringify(state)).toContain("CreateContainerConfigError");
  });

  test.for<[what: string, value: string, sentence: RegExp]>([
    [
      "too large",
      "x".repeat(4_097),
      /^Parameter Store takes at most 4,096 bytes of one value, that of PASSWORD in container main and AGAIN in container main, and these are 4,097: .*secretsManager/,
    ],
    [
      "empty",
      "",
      /^Parameter Store keeps no empty value, that of PASSWORD in container main and AGAIN in container main: leave the variable out, or .*secretsManager/,
    ],
  ])("that are %s are refused", async ([, value, sentence]) => {
    await using fargate = await open();
    const { refusals } = fargate.provider.translate(await resolvedPod(pod, world({ password: value, other: "x" })));
    expect(refusals.map((one) => one.sentence)).toEqual([expect.stringMatching(sentence)]);
  });

  test("are asked for with the rights of deploy/iam, no more and no fewer", async () => {
    await using fargate = await open();
    const watched = fargate.watch();
    const { identity, id } = await fargate.launch(uidOf(1), {}, pod, objects);
    await watched.until("it runs", uidOf(1), ({ phase }) => phase === "running");
    await fargate.provider.stop({ identity, id }, { graceSeconds: 1, discard: false });
    await eventually("they are removed", () => fargate.world.aws.calls.of("ssm:DeleteParameter") > 0);
    const policy = JSON.parse(await readFile(new URL("../../deploy/iam/parameters.json", import.meta.url), "utf8")) as {
      Statement: { Action: string | string[] }[];
    };
    const actions = new Set(policy.Statement.flatMap(({ Action }) => Action));
    // PutParameter needs it, and it is no call of its own.
    expect(actions.delete("ssm:AddTagsToResource")).toBe(true);
    const called = Object.keys(fargate.world.aws.calls.all).filter((call) => call.startsWith("ssm:"));
    expect(called.toSorted()).toEqual([...actions].toSorted());
  });
});
