/** Many pods on Fargate, and what may go wrong in AWS: over tasks of the stand-in that follow a timetable. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Pod } from "../../src/model/kube.ts";
import { eventually, soon } from "../support/eventually.ts";
import { describeWith } from "../support/requirements.ts";
import {
  endsOf,
  type FargateWorld,
  launchedTwice,
  launchesOf,
  nothingRuns,
  startFargateWorld,
  waitsFor,
} from "./worlds/fargate-world.ts";
import { deployment, exitCode, hasPhase, isReady, podManifest, podTemplate } from "./worlds/world.ts";

const image = "scripted";
const helperImage = "public.ecr.aws/docker/library/busybox:1.37";
const hour = 3_600_000;

/** Launches a second, and at once. */
const launchRate = (rate: number, burst: number) => ({ "L-551A4E9D": rate, "L-6BAD92DD": burst });

describeWith(["go", "namespaces", "root"], "on Fargate", () => {
  let cloud: FargateWorld;
  beforeAll(async () => {
    cloud = await startFargateWorld({
      scenario: {
        quotas: { "L-3032A538": 1_000, ...launchRate(20, 100) },
        images: { "app:leaks": { run: 1, end: "oom" }, "app:short": { run: 1 } },
      },
    });
  });
  afterAll(() => cloud?.stop());

  const condition = async (type: string) =>
    (await cloud.world.node()).status?.conditions?.find((one) => one.type === type);
  const outcomes = (call: string) => cloud.aws.calls.all[`ecs:${call}`] ?? {};
  const uids = (pods: readonly Pod[]) => pods.map(({ metadata }) => metadata?.uid).toSorted();

  it("a Deployment grows to 200 pods, each launched once and within AWS's limits, and shrinks again", async () => {
    const { world } = cloud;
    await world.cluster.apply(deployment("many", 1, { image }));
    await world.cluster.kubectl("scale", "deployment/many", "--replicas=200");
    await world.cluster.kubectl("rollout", "status", "deployment/many", "--timeout=110s");
    expect((await world.pods("app=many")).filter(isReady)).toHaveLength(200);
    expect(launchesOf(cloud)).toHaveLength(200);
    expect(outcomes("RunTask")).toEqual({ ok: 200 });
    expect(outcomes("RegisterTaskDefinition")).toEqual({ ok: 1 });
    await world.cluster.kubectl("scale", "deployment/many", "--replicas=50");
    await eventually("150 pods are gone", async () => (await world.pods("app=many")).length === 50);
    await eventually("and their tasks", () => endsOf(cloud).length === 150);
  });

  it("what AWS throttles is launched when it may, and once", async () => {
    const { world, aws } = cloud;
    // burstlet has read the quotas, and does not learn of this.
    aws.scenario.change({ quotas: launchRate(4, 4) });
    await world.cluster.apply(deployment("slow", 24, { image }));
    await world.cluster.kubectl("rollout", "status", "deployment/slow", "--timeout=110s");
    expect(outcomes("RunTask")["ThrottlingException"]).toBeGreaterThan(0);
    expect(await world.pods("app=slow")).toHaveLength(24);
    expect(launchedTwice(cloud)).toEqual([]);
    aws.scenario.change({ quotas: launchRate(20, 100) });
    await world.cluster.kubectl("delete", "deployment", "slow", "--wait=false");
  });

  it("where a zone has no capacity, the next subnet is used", async () => {
    const { world, aws } = cloud;
    aws.scenario.change({ zones: { "us-east-1a": { capacity: 0 } } });
    await world.cluster.apply(podManifest("elsewhere", { image }));
    const pod = await world.until("elsewhere", "is ready", isReady);
    expect(launchesOf(cloud, pod).map(({ subnet }) => subnet)).toEqual(["subnet-1a2b3c4d"]);
    await soon(async () => expect((await world.eventsOf("elsewhere")).join()).toContain("CapacityUnavailable"));
    aws.scenario.change({ zones: { "us-east-1a": { capacity: 1_000 } } });
    await world.cluster.kubectl("delete", "pod", "elsewhere", "--wait=false");
  });

  it("a container that has used too much memory is OOMKilled", async () => {
    const { world } = cloud;
    await world.cluster.apply(podManifest("leaks", { image: "app:leaks", restartPolicy: "Never" }));
    const { status } = await world.until("leaks", "has failed", hasPhase("Failed"));
    expect(status?.containerStatuses?.[0]?.state?.terminated).toMatchObject({ exitCode: 137, reason: "OOMKilled" });
  });

  it("a pod whose files cannot be written says why, and runs once they can", async () => {
    const { world, aws } = cloud;
    aws.scenario.change({ images: { [helperImage]: { run: 0, exit: 127 } } });
    const spec = { volumes: [{ name: "conf", configMap: { name: "conf" } }] };
    const container = { volumeMounts: [{ name: "conf", mountPath: "/conf" }] };
    const settings = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "conf" }, data: { colour: "blue" } };
    await world.cluster.apply([settings, podManifest("unwritten", { image, spec, container })]);
    const pod = await world.until(
      "unwritten",
      "waits",
      (one) => waitsFor(one) === "CreateContainerConfigError",
      15_000,
    );
    // With what a container of the timetable writes.
    expect(pod.status?.containerStatuses?.[0]?.state?.waiting?.message).toBe(
      "burstlet_init, the container that writes the pod's files, has failed with exit code 127: " +
        "run 0 of container burstlet_init follows its timetable",
    );
    await eventually("and an event", async () => (await world.eventsOf("unwritten")).join().includes("exit code 127"));
    aws.scenario.change({ images: { [helperImage]: { run: 0, exit: 0 } } });
    await world.until("unwritten", "is ready", isReady);
    await world.cluster.kubectl("delete", "pod", "unwritten", "--wait=false");
  });

  it("credentials that expire end no pod of fifty, over a restart of burstlet too, and the node says so", async () => {
    const { world, aws } = cloud;
    const before = uids(await world.pods("app=many"));
    expect(before).toHaveLength(50);
    // What ends is counted; tasks of pods that were deleted before may still be ending.
    await eventually("nothing else runs", () => launchesOf(cloud).length - endsOf(cloud).length === 50);
    const ends = endsOf(cloud).length;
    aws.scenario.change({ switches: { credentials: "expired" } });
    const told = await eventually("the node says it", async () => {
      const seen = await condition("burstlet.dev/ProviderReady");
      return seen?.status === "False" && seen;
    });
    expect(told.message).toContain("expired");
    await world.burstlet.kill();
    world.startAgain();
    const failures = () => outcomes("ListTasks")["ExpiredTokenException"] ?? 0;
    const soFar = failures();
    await eventually("it has asked a few times in vain", () => failures() >= soFar + 3);
    expect((await condition("Ready"))?.status).toBe("True");
    const during = await world.pods("app=many");
    expect(uids(during)).toEqual(before);
    expect(during.filter(isReady)).toHaveLength(50);
    expect((await condition("burstlet.dev/ProviderReady"))?.status).toBe("False");

    aws.scenario.change({ switches: { credentials: "valid" } });
    await eventually("it is over", async () => (await condition("burstlet.dev/ProviderReady"))?.status === "True");
    const after = await world.pods("app=many");
    expect(uids(after)).toEqual(before);
    expect(after.filter(isReady)).toHaveLength(50);
    expect(endsOf(cloud)).toHaveLength(ends);
    await world.cluster.kubectl("delete", "deployment", "many", "--wait=false");
    await nothingRuns(cloud);
  });

  it("a Job's pod whose burstlet died before it knew of the task, and came back after two hours, is not run twice", async () => {
    const { world, aws } = cloud;
    // Not a broken connection: burstlet would look for the task, and launch nothing more where it cannot look.
    aws.faults.set({ call: "ecs:RunTask", cut: "silent" });
    const job = (name: string, what: string) => ({
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name },
      spec: { backoffLimit: 0, template: podTemplate({ image: what, restartPolicy: "Never" }) },
    });
    await world.cluster.apply([job("short", "app:short"), job("long", image)]);
    const podOf = async (name: string) => (await world.pods(`job-name=${name}`))[0] ?? {};
    const launches = async (name: string) => launchesOf(cloud, await podOf(name)).length;
    await eventually("both run", async () => (await launches("short")) === 1 && (await launches("long")) === 1);
    await world.burstlet.kill();
    aws.faults.clear();
    const [short, long] = [await podOf("short"), await podOf("long")];
    for (const { metadata } of [short, long]) {
      expect(metadata?.annotations?.["burstlet.dev/recorded"]).toBeDefined();
      expect(metadata?.annotations?.["burstlet.dev/task"]).toBeUndefined();
    }
    const [{ startedBy } = { startedBy: "" }] = launchesOf(cloud, short);
    await eventually("the short one has ended", () => endsOf(cloud).some((one) => one.startedBy === startedBy));
    aws.clock.advance(2 * hour);
    const ahead = import.meta.resolve("../support/programs/hours-later.mjs");
    world.startAgain({ NODE_OPTIONS: `--import ${ahead}`, HOURS_LATER: "2" });
    await world.until(long.metadata?.name ?? "", "runs", hasPhase("Running"));
    const pod = await world.until(short.metadata?.name ?? "", "has failed", hasPhase("Failed"));
    expect(exitCode(pod)).toBe(137);
    expect(pod.status?.containerStatuses?.[0]?.state?.terminated?.reason).toBe("ContainerStatusUnknown");
    await world.cluster.kubectl("wait", "job/short", "--for=condition=Failed", "--timeout=60s");
    expect([await launches("short"), await launches("long")]).toEqual([1, 1]);
    expect(launchedTwice(cloud)).toEqual([]);
  });
});
