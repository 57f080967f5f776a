/** Pods on Fargate, as tasks of the stand-in that are processes of this host. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { annotations } from "../../src/model/annotations.ts";
import { parseTime } from "../../src/model/clock.ts";
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
import { start } from "./kubectl.ts";
import { exitCode, hasPhase, isReady, podManifest } from "./worlds/world.ts";

const image = "public.ecr.aws/docker/library/busybox:1.37";
const missing = "public.ecr.aws/docker/library/busybox:later";

const example = (file: string): string =>
  readFileSync(join(import.meta.dirname, "../../deploy/examples/fargate", file), "utf8");

const recordedAt = ({ metadata }: Pod): number => parseTime(metadata?.annotations?.[annotations.recorded]) ?? NaN;

const codes = ({ status }: Pod): Record<string, number | undefined> =>
  Object.fromEntries(
    [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].map(({ name, state }) => [
      name,
      state?.terminated?.exitCode,
    ]),
  );

describeWith(["go", "namespaces", "root", "busybox"], "on Fargate", () => {
  let cloud: FargateWorld;
  beforeAll(async () => {
    cloud = await startFargateWorld({
      runtime: "process",
      scenario: { quotas: { "L-3032A538": 100 }, images: { [missing]: { pull: "missing" } } },
    });
  });
  afterAll(() => cloud?.stop());

  // Those that wait longest stand first: five run at a time.
  it.concurrent("an image that is not there is waited for with back-off, and the pod runs once it is", async () => {
    const { world, aws } = cloud;
    await world.cluster.apply(podManifest("no-image", { image: missing }));
    const waiting = await world.until("no-image", "waits", (one) => waitsFor(one) === "ErrImagePull");
    expect(waiting.status?.containerStatuses?.[0]?.state?.waiting?.message).toContain("CannotPullContainerError");
    const again = await world.until("no-image", "is tried again", ({ metadata }) => {
      return metadata?.annotations?.[annotations.attempt] === "2";
    });
    // From one launch to the next, as its record has it.
    expect(recordedAt(again) - recordedAt(waiting)).toBeGreaterThanOrEqual(10_000);
    aws.scenario.change({ images: { [missing]: { pull: undefined } } });
    const pod = await world.until("no-image", "is ready", isReady);
    expect(pod.status?.containerStatuses?.[0]?.restartCount).toBe(0);
    await world.cluster.kubectl("delete", "pod", "no-image", "--wait=false");
  });

  it.concurrent("a container that fails runs again in another task, with the kubelet's back-off", async () => {
    const { world } = cloud;
    await world.cluster.apply(podManifest("again", { image, command: ["sh", "-c", "sleep 1; exit 3"] }));
    const pod = await world.until("again", "waits for its second restart", (one) => {
      return one.status?.containerStatuses?.[0]?.restartCount === 1 && waitsFor(one) === "CrashLoopBackOff";
    });
    expect(exitCode(pod)).toBe(3);
    expect(pod.status?.phase).toBe("Running");
    expect(launchesOf(cloud, pod).map(({ startedBy }) => startedBy.split("/").at(-1))).toEqual(["1", "2"]);
    const third = await world.until("again", "has run a third time", (one) => {
      return one.status?.containerStatuses?.[0]?.restartCount === 2;
    });
    const [, second, last] = launchesOf(cloud, third);
    expect((last?.at ?? 0) - (second?.at ?? 0)).toBeGreaterThan(10_000);
    await world.cluster.kubectl("delete", "pod", "again", "--wait=false");
  });

  it.concurrent("the example Deployment serves at its tasks' addresses, is rolled out and scaled", async () => {
    const { world } = cloud;
    await world.cluster.apply(example("deployment.yaml"));
    await world.cluster.kubectl("rollout", "status", "deployment/web", "--timeout=100s");
    const pods = await world.pods("app=web");
    expect(pods).toHaveLength(3);
    for (const { metadata, status } of pods) {
      const page = await eventually("the pod serves", async () =>
        (await fetch(`http://${status?.podIP}:8080/`)).text(),
      );
      expect(page).toBe(`${metadata?.name}\n`);
      expect(metadata?.annotations).toMatchObject({ "burstlet.dev/provisioned": "0.25vCPU 0.5GB" });
    }
    // One definition for all of a template, and another one for the next.
    const definitions = () =>
      new Set(pods.flatMap((pod) => launchesOf(cloud, pod).map((one) => one.taskDefinitionArn)));
    expect(definitions().size).toBe(1);
    await soon(async () => {
      const { items } = await world.cluster.get<{ items: { endpoints?: { addresses: string[] }[] }[] }>(
        "endpointslices",
        "-l",
        "kubernetes.io/service-name=web",
      );
      const addresses = items.flatMap(({ endpoints = [] }) => endpoints.flatMap((one) => one.addresses));
      expect(addresses.toSorted()).toEqual(pods.map(({ status }) => status?.podIP).toSorted());
    });

    await world.cluster.kubectl("scale", "deployment/web", "--replicas=1");
    await world.cluster.kubectl("set", "env", "deployment/web", "VERSION=2");
    await world.cluster.kubectl("rollout", "status", "deployment/web", "--timeout=100s");
    await eventually("one pod is left, of the new version", async () => {
      const [pod, ...others] = await world.pods("app=web");
      return others.length === 0 && pod?.spec?.containers[0]?.env?.some(({ value }) => value === "2");
    });
    await world.cluster.kubectl("delete", "deployment/web", "service/web");
    await eventually("its pods are gone", async () => (await world.pods("app=web")).length === 0);
  });

  it.concurrent("the example Job completes, with every piece's output and exit code", async () => {
    const { world } = cloud;
    await world.cluster.apply(example("job.yaml"));
    await world.cluster.kubectl("wait", "job/work", "--for=condition=Complete", "--timeout=110s");
    const pods = await world.pods("job-name=work");
    expect(pods.map(codes)).toEqual(Array.from({ length: 6 }, () => ({ main: 0 })));
    for (const { metadata } of pods) {
      const index = metadata?.annotations?.["batch.kubernetes.io/job-completion-index"];
      expect(await world.cluster.kubectl("logs", metadata?.name ?? "")).toBe(`piece ${index}\n`);
    }
  });

  it.concurrent("a Job of the example CronJob completes", async () => {
    const { world } = cloud;
    await world.cluster.apply(example("cronjob.yaml"));
    await world.cluster.kubectl("create", "job", "tick-now", "--from=cronjob/tick");
    await world.cluster.kubectl("wait", "job/tick-now", "--for=condition=Complete", "--timeout=110s");
    expect(await world.cluster.kubectl("logs", "job/tick-now")).toMatch(/UTC 20\d\d\n$/);
    await world.cluster.kubectl("delete", "cronjob", "tick");
  });

  it.concurrent("the example of several containers ends with its mains, and each tells its own", async () => {
    const { world } = cloud;
    await world.cluster.apply(example("multi-container.yaml"));
    const pod = await world.until("together", "has succeeded", hasPhase("Succeeded"), 110_000);
    expect(codes(pod)).toMatchObject({ fetch: 0, first: 0, second: 0 });
    for (const name of ["first", "second"])
      expect(await world.cluster.kubectl("logs", "together", "-c", name)).toBe("good morning\n");
  });

  it.concurrent("logs are followed to the end of a pod, whose exit code is told", async () => {
    const { world } = cloud;
    const command = ["sh", "-c", "for n in 1 2 3 4 5; do echo line $n; sleep 0.5; done; exit 7"];
    await world.cluster.apply(podManifest("talks", { image, restartPolicy: "Never", command }));
    await world.until("talks", "has begun", (pod) => !hasPhase("Pending")(pod));
    const kubectl = { command: [world.cluster.binary, "kubectl"], kubeconfig: world.cluster.kubeconfig };
    const { code, stdout } = await start(kubectl, ["logs", "-f", "talks"]).ended;
    expect([code, stdout.toString()]).toEqual([0, "line 1\nline 2\nline 3\nline 4\nline 5\n"]);
    expect(exitCode(await world.until("talks", "has failed", hasPhase("Failed")))).toBe(7);
    expect(await world.cluster.kubectl("logs", "talks", "--tail=2")).toBe("line 4\nline 5\n");
  });

  it.concurrent("a pod that cannot be a task is refused with every reason, and nothing is launched", async () => {
    const { world } = cloud;
    const env = [{ name: "IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } }];
    const container = { env, lifecycle: { preStop: { exec: { command: ["true"] } } } };
    const spec = { hostNetwork: true, volumes: [{ name: "host", hostPath: { path: "/" } }] };
    await world.cluster.apply(podManifest("refused", { image, spec, container }));
    const pod = await world.until("refused", "has failed", hasPhase("Failed"));
    expect(pod.status?.reason).toBe("ProviderRefused");
    const [event, ...others] = await eventually("its event", async () => {
      const told = (await world.eventsOf("refused")).filter((one) => one.startsWith("ProviderRefused"));
      return told.length > 0 && told;
    });
    expect(others).toEqual([]);
    const fields = ["hostNetwork", "volumes[0].hostPath", "containers[0].lifecycle.preStop", "containers[0].env[0]"];
    for (const field of fields) {
      expect(pod.status?.message).toContain(`spec.${field}`);
      expect(event).toContain(`spec.${field}`);
    }
    expect(launchesOf(cloud, pod)).toEqual([]);
  });

  it("deleted pods leave nothing running, and no task was started twice", async () => {
    const { world } = cloud;
    await world.cluster.apply(
      podManifest("deaf", { image, command: ["sh", "-c", "trap '' TERM; echo deaf; sleep 3600"] }),
    );
    const deaf = await world.until("deaf", "is ready", isReady);
    await eventually("it is deaf", async () => world.cluster.kubectl("logs", "deaf"));
    await world.cluster.kubectl("delete", "pods,jobs", "--all", "--timeout=100s");
    await nothingRuns(cloud);
    expect(launchedTwice(cloud)).toEqual([]);
    const end = endsOf(cloud).find(({ startedBy }) => startedBy === launchesOf(cloud, deaf)[0]?.startedBy);
    expect(end).toMatchObject({ stopCode: "UserInitiated", exitCodes: { main: 137 } });
  });
});
