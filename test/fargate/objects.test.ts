/** Files that are too large for a task, by way of a bucket of the stand-in. */
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { podWith, resolvedPod, type World } from "../support/resolve-sources.ts";
import { type Fargate, openFargate, uidOf } from "./testing.ts";

const bucket = "burstlet-files";
/** Does not get smaller. */
const noise = randomBytes(90_000).toString("base64");
const volumes = [{ name: "large", configMap: { name: "large" } }];
const pod = podWith({ image: "scripted", volumeMounts: [{ name: "large", mountPath: "/large" }] }, { volumes });
const objects: World = { configMaps: { large: { data: { noise } } } };
const open = async (buckets: readonly string[] = [bucket]): Promise<Fargate> =>
  openFargate({ buckets: [...buckets] }, { files: { bucket }, secrets: { graceSeconds: 1 } });

const linkIn = ({ overrides }: { overrides?: { containerOverrides?: readonly object[] | undefined } | undefined }) =>
  /"BURSTLET_LINK","value":"([^"]+)"/.exec(JSON.stringify(overrides))?.[1] ?? "";

describe("files that are too large for a task", () => {
  test("are one object for all pods, which the task has a link to, and which goes when no task needs it", async () => {
    await using fargate = await open();
    const watched = fargate.watch();
    const tasks = [];
    for (const uid of [uidOf(1), uidOf(2)]) tasks.push(await fargate.launch(uid, {}, pod, objects));
    const [key, ...others] = fargate.world.aws.objects(bucket);
    expect([key, others]).toEqual([expect.stringMatching(/^burstlet\/.*\/[0-9a-f]{64}$/), []]);
    const task = await fargate.world.look(tasks[0]?.id ?? "");
    const link = linkIn(task ?? {});
    // As the task fetches it: without any credentials.
    const fetched = await fetch(link);
    expect([fetched.status, (await fetched.text()).length > 90_000]).toEqual([200, true]);
    for (const uid of [uidOf(1), uidOf(2)]) await watched.until("it runs", uid, ({ phase }) => phase === "running");
    const { identity, id } = tasks[0] ?? { identity: { clusterUid: "", podUid: "", attempt: 0 }, id: "" };
    await fargate.provider.stop({ identity, id }, { graceSeconds: 1, discard: false });
    await watched.until("it has stopped", uidOf(1), ({ phase }) => phase === "stopped");
    const second = tasks[1];
    if (second === undefined) throw new Error("there are two");
    expect(fargate.world.aws.objects(bucket)).toEqual([key]);
    await fargate.provider.stop({ identity: second.identity, id: second.id }, { graceSeconds: 1, discard: false });
    await eventually("nothing is left", () => fargate.world.aws.objects(bucket).length === 0);
  });

  test("are found again by another life of the node, and wait where the bucket is missing", async () => {
    await using fargate = await open();
    await fargate.launch(uidOf(1), {}, pod, objects);
    const again = await fargate.again();
    const { request } = again.translate(await resolvedPod(pod, objects));
    if (request === undefined) throw new Error("refused");
    const identity = { clusterUid: "cluster-1", podUid: uidOf(2), attempt: 1 };
    const order = { identity, token: "t".repeat(64), tryNumber: 1, request };
    await again.launch(order, new AbortController().signal);
    expect(fargate.world.aws.objects(bucket)).toHaveLength(1);
    await using without = await open([]);
    await expect(without.launch(uidOf(1), {}, pod, objects)).rejects.toMatchObject({
      kind: "denied",
      reason: "NoSuchBucket",
    });
    expect(await without.provider.preflight?.()).toEqual([
      {
        message: `bucket ${bucket} of fargate.files does not exist, or burstlet may not list it (s3:ListBucket)`,
        fix: expect.stringContaining(`aws s3api create-bucket --bucket ${bucket}`) as unknown,
      },
    ]);
  });

  test("are refused with their size where there is no bucket, and with the option", async () => {
    await using fargate = await openFargate();
    const { refusals } = fargate.provider.translate(await resolvedPod(pod, objects));
    expect(refusals.map(({ sentence }) => sentence)).toEqual([
      expect.stringMatching(
        /at most 100,000 bytes of variables and files.*this one \d{3},\d{3}\. The largest is volume \w+ with \d{3},\d{3} characters before that\. .*fargate\.files\.bucket/,
      ),
    ]);
  });

  test("are asked for with the rights of deploy/iam, no more and no fewer", async () => {
    await using fargate = await open();
    const watched = fargate.watch();
    await fargate.provider.preflight?.();
    const { identity, id } = await fargate.launch(uidOf(1), {}, pod, objects);
    await (await fargate.again()).launch(await orderOf(fargate), new AbortController().signal);
    await watched.until("it runs", uidOf(1), ({ phase }) => phase === "running");
    await fetch(linkIn((await fargate.world.look(id)) ?? {}));
    for (const podUid of [uidOf(1), uidOf(2)])
      await fargate.provider.stop(
        { identity: { ...identity, podUid }, id: podUid === uidOf(1) ? id : undefined },
        { graceSeconds: 1, discard: false },
      );
    await eventually("it is removed", () => fargate.world.aws.calls.of("s3:DeleteObject") > 0);
    const rights: Readonly<Record<string, string>> = {
      "s3:HeadObject": "s3:GetObject",
      "s3:HeadBucket": "s3:ListBucket",
      "s3:ListObjectsV2": "s3:ListBucket",
    };
    const called = Object.keys(fargate.world.aws.calls.all).filter((call) => call.startsWith("s3:"));
    const file = new URL("../../deploy/iam/bucket.json", import.meta.url);
    const policy = JSON.parse(await readFile(file, "utf8")) as { Statement: { Action: string | string[] }[] };
    const actions = new Set(policy.Statement.flatMap(({ Action }) => Action));
    expect([...new Set(called.map((call) => rights[call] ?? call))].toSorted()).toEqual([...actions].toSorted());
  });
});

async function orderOf({ provider }: Fargate) {
  const { request } = provider.translate(await resolvedPod(pod, objects));
  if (request === undefined) throw new Error("refused");
  const identity = { clusterUid: "cluster-1", podUid: uidOf(2), attempt: 1 };
  return { identity, token: "u".repeat(64), tryNumber: 1, request };
}
