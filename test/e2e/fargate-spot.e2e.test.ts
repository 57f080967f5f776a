/** Fargate Spot and volumes, over tasks of the stand-in that are processes of this host: what they write is really there. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Pod } from "../../src/model/kube.ts";
import { eventually, soon } from "../support/eventually.ts";
import { describeWith } from "../support/requirements.ts";
import {
  endsOf,
  type FargateWorld,
  launchedTwice,
  launchesOf,
  startFargateWorld,
  waitsFor,
} from "./worlds/fargate-world.ts";
import { deployment, hasPhase, isReady, podManifest } from "./worlds/world.ts";

const image = "public.ecr.aws/docker/library/busybox:1.37";
/** In a zone of its own, where there is no Spot. */
const fullSubnet = "subnet-2b3c4d5e";

const onSpot = { "fargate.burstlet.dev/capacity-type": "spot" };
const inFullZone = (capacityType: string) => ({
  "fargate.burstlet.dev/capacity-type": capacityType,
  "fargate.burstlet.dev/subnets": fullSubnet,
});
const example = (file: string): string =>
  readFileSync(join(import.meta.dirname, "../../deploy/examples/fargate", file), "utf8");

const conditionOf = ({ status }: Pod, type: string) => status?.conditions?.find((one) => one.type === type);
const isTaken = (pod: Pod): boolean => conditionOf(pod, "DisruptionTarget")?.status === "True";

const rights = readFileSync(join(import.meta.dirname, "../../deploy/rbac-volumes.yaml"), "utf8");

describeWith(["go", "namespaces", "root", "busybox"], "on Fargate Spot, and with volumes", () => {
  let cloud: FargateWorld;
  beforeAll(async () => {
    cloud = await startFargateWorld({
      runtime: "process",
      fargate: { secrets: { store: "parameters", graceSeconds: 5 } },
      grants: [{ namespace: "default", allow: [fullSubnet, "fs-0a1b2c3d"] }],
      scenario: {
        quotas: { "L-3032A538": 100, "L-36FBB829": 100 },
        subnets: [
          { id: "subnet-0a1b2c3d", availabilityZone: "us-east-1a" },
          { id: "subnet-1a2b3c4d", availabilityZone: "us-east-1b" },
          { id: fullSubnet, availabilityZone: "us-east-1c" },
        ],
        fileSystems: { "fs-0a1b2c3d": {} },
        zones: { "us-east-1c": { spotCapacity: 0 } },
      },
    });
  });
  afterAll(() => cloud?.stop());

  /** AWS needs the machine of the pod's task. */
  const interrupt = (pod: Pod): void => {
    const [launch] = launchesOf(cloud, pod);
    expect(cloud.aws.interrupt(launch?.taskArn ?? "")).toBe(true);
  };
  const endOf = (pod: Pod) => {
    const [launch] = launchesOf(cloud, pod);
    return endsOf(cloud).find(({ taskArn }) => taskArn === launch?.taskArn);
  };

  it.concurrent("a pod's secrets come by way of Parameter Store where the node says so", async () => {
    const { world, aws } = cloud;
    const stringData = { password: "s3cret", large: "x".repeat(20_000) };
    const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "kept" }, stringData };
    const env = [{ name: "PASSWORD", valueFrom: { secretKeyRef: { name: "kept", key: "password" } } }];
    const reads = podManifest("reads-parameters", {
      image,
      restartPolicy: "Never",
      command: ["sh", "-c", "echo $PASSWORD; cat /kept/password; echo; wc -c < /kept/large"],
      container: { env, volumeMounts: [{ name: "kept", mountPath: "/kept" }] },
      spec: { volumes: [{ name: "kept", secret: { secretName: "kept" } }] },
    });
    await world.cluster.apply([secret, reads]);
    await world.until("reads-parameters", "has succeeded", hasPhase("Succeeded"));
    expect(await world.cluster.kubectl("logs", "reads-parameters")).toBe("s3cret\ns3cret\n20000\n");
    expect(aws.secrets()).toEqual([]);
    await eventually("only the key is left", () => aws.parameters().length === 1);
  });

  it.concurrent("a pod that AWS takes back says so at once, gets no more traffic, ends by itself and is replaced", async () => {
    const { world, aws } = cloud;
    const script = "trap 'echo saving; sleep 15; echo saved; exit 3' TERM; while :; do sleep 0.2; done";
    const pods = { image, command: ["sh", "-c", script], graceSeconds: 60, annotations: onSpot };
    await world.cluster.apply(deployment("web", 1, pods));
    await world.cluster.kubectl("rollout", "status", "deployment/web", "--timeout=110s");
    const [pod = {}] = await world.pods("app=web");
    const name = pod.metadata?.name ?? "";
    expect(pod.metadata?.annotations?.["burstlet.dev/provisioned"]).toBe("0.25vCPU 0.5GB Spot");
    expect(pod.metadata?.annotations).not.toHaveProperty("burstlet.dev/hourly-usd");
    interrupt(pod);

    const told = await world.until(name, "says it", isTaken);
    expect(told.status?.phase).toBe("Running");
    const words = { reason: "SpotInterruption", message: "Your Spot Task was interrupted." };
    expect(conditionOf(told, "DisruptionTarget")).toMatchObject(words);
    expect(conditionOf(told, "Ready")).toMatchObject({ status: "False", ...words });
    const ended = await world.until(name, "has ended", hasPhase("Failed"));
    expect(ended.status).toMatchObject(words);
    expect(isTaken(ended)).toBe(true);
    expect(ended.status?.containerStatuses?.[0]?.state?.terminated?.exitCode).toBe(3);
    expect(await world.cluster.kubectl("logs", name)).toBe("saving\nsaved\n");
    await soon(async () =>
      expect((await world.eventsOf(name)).filter((event) => event.startsWith("SpotInterruption"))).toHaveLength(1),
    );
    // AWS's own words of the end stay: nobody has stopped it a second time.
    await eventually("ECS tells the end", () => endOf(pod)?.stopCode === "SpotInterruption");
    const { taskArn } = endOf(pod) ?? {};
    expect(aws.ledger.entries.filter((entry) => entry.event === "stop" && entry.taskArn === taskArn)).toEqual([]);
    await eventually("another one is ready", async () =>
      (await world.pods("app=web")).some((one) => one.metadata?.name !== name && isReady(one)),
    );
    await world.cluster.kubectl("delete", "deployment/web", "--wait=false");
  });

  it.concurrent(
    "the example Job completes although one of its pods is taken, which counts as no failure",
    { timeout: 240_000 },
    async () => {
      const { world } = cloud;
      // Longer than a busy machine takes to see that a pod runs, and to take it.
      await world.cluster.apply(example("spot-job.yaml").replace("sleep 5", "sleep 15"));
      const pod = await eventually("one of its pods runs", async () =>
        (await world.pods("job-name=cheap")).find(hasPhase("Running")),
      );
      await eventually("it works", async () =>
        (await world.cluster.kubectl("logs", pod.metadata?.name ?? "")).startsWith("piece"),
      );
      interrupt(pod);
      const taken = await world.until(pod.metadata?.name ?? "", "has failed", hasPhase("Failed"));
      expect(isTaken(taken)).toBe(true);
      expect(taken.status?.containerStatuses?.[0]?.state?.terminated?.exitCode).toBe(1);
      expect(await world.cluster.kubectl("logs", pod.metadata?.name ?? "")).toMatch(/^piece \d\nsaving\n$/);
      await world.cluster.kubectl("wait", "job/cheap", "--for=condition=Complete", "--timeout=110s");
      const job = await world.cluster.get<{ status: object }>("job", "cheap");
      expect(job.status).toMatchObject({ succeeded: 4 });
      expect((job.status as { failed?: number }).failed ?? 0).toBe(0);
      const pods = await world.pods("job-name=cheap");
      expect(pods.flatMap((one) => launchesOf(cloud, one)).map(({ market }) => market)).toEqual(Array(5).fill("spot"));
    },
  );

  it.concurrent("the example Job's pods share a file system by their claim, and a pod with the same in itself finds it", async () => {
    const { world } = cloud;
    await world.cluster.apply(rights);
    await world.cluster.apply(example("efs.yaml"));
    await world.cluster.kubectl("wait", "job/together-on-efs", "--for=condition=Complete", "--timeout=110s");
    const pods = await world.pods("job-name=together-on-efs");
    expect(pods).toHaveLength(2);
    for (const { metadata } of pods)
      expect(await world.cluster.kubectl("logs", metadata?.name ?? "")).toMatch(/from 0\nfrom 1\n$/);
    const csi = { driver: "efs.csi.aws.com", readOnly: true, volumeAttributes: { fileSystemId: "fs-0a1b2c3d" } };
    const reads = podManifest("reads", {
      image,
      restartPolicy: "Never",
      command: ["sh", "-c", "touch /data/x 2>&1; cat /data/piece-1"],
      container: { volumeMounts: [{ name: "data", mountPath: "/data" }] },
      spec: { volumes: [{ name: "data", csi }] },
    });
    await world.cluster.apply(reads);
    await world.until("reads", "has succeeded", hasPhase("Succeeded"));
    expect(await world.cluster.kubectl("logs", "reads")).toMatch(/^touch: .*Read-only file system\nfrom 1\n$/);
  });

  it.concurrent("the example of a volume of EBS writes on it, and a folder that is not there is told", async () => {
    const { world } = cloud;
    await world.cluster.apply(example("ebs.yaml"));
    const volumeAttributes = { fileSystemId: "fs-0a1b2c3d", path: "/none" };
    const lost = {
      image,
      container: { volumeMounts: [{ name: "data", mountPath: "/data" }] },
      spec: { volumes: [{ name: "data", csi: { driver: "efs.csi.aws.com", volumeAttributes } }] },
    };
    await world.cluster.apply(podManifest("lost", lost));
    await world.until("scratch", "has succeeded", hasPhase("Succeeded"));
    expect(await world.cluster.kubectl("logs", "scratch")).toBe("sorted\n");
    const waiting = await world.until("lost", "says why", (pod) => waitsFor(pod) === "FailedCreatePodSandBox");
    expect(waiting.status?.containerStatuses?.[0]?.state?.waiting?.message).toContain("No such file or directory");
    await world.cluster.kubectl("delete", "pod", "lost", "--wait=false");
  });

  it.concurrent("where there is no Spot, a pod that may runs on demand, told by an event; another one waits", async () => {
    const { world, aws } = cloud;
    const apply = async (name: string, capacityType: string) => {
      await world.cluster.apply(podManifest(name, { image, annotations: inFullZone(capacityType) }));
    };
    await apply("patient", "spot");
    await apply("flexible", "spot-then-on-demand");
    const pod = await world.until("flexible", "is ready", isReady);
    expect(launchesOf(cloud, pod)).toMatchObject([{ market: "on-demand", subnet: fullSubnet }]);
    expect(pod.metadata?.annotations).toMatchObject({
      "burstlet.dev/attempt": "1",
      "burstlet.dev/try": "2",
      "burstlet.dev/provisioned": "0.25vCPU 0.5GB",
      "burstlet.dev/hourly-usd": "0.012343",
    });
    await soon(async () =>
      expect((await world.eventsOf("flexible")).join()).toMatch(
        /CapacityUnavailable: .*asked for spot in subnet-\w+, next for on-demand in subnet-\w+/,
      ),
    );

    // The other way in which AWS may tell it: it takes the task, and stops it before anything has run.
    aws.scenario.change({ switches: { capacityAnswer: "stopped" } });
    await apply("late", "spot-then-on-demand");
    const late = await world.until("late", "is ready", isReady);
    expect(launchesOf(cloud, late).map(({ market }) => market)).toEqual(["spot", "on-demand"]);
    aws.scenario.change({ switches: { capacityAnswer: "failures" } });

    const patient = await world.until("patient", "waits for it", (one) => /Capacity/.test(waitsFor(one) ?? ""));
    expect(patient.status?.phase).toBe("Pending");
    aws.scenario.change({ zones: { "us-east-1c": { spotCapacity: 10 } } });
    const there = await world.until("patient", "is ready", isReady);
    expect(launchesOf(cloud, there).at(-1)?.market).toBe("spot");
    await world.cluster.kubectl("delete", "pod", "patient", "flexible", "late", "--wait=false");
    expect(launchedTwice(cloud)).toEqual([]);
  });
});
