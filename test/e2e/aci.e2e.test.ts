/** Pods on Azure Container Instances, as groups of the stand-in that are processes of this host. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Pod } from "../../src/model/kube.ts";
import { eventually, soon } from "../support/eventually.ts";
import { describeWith } from "../support/requirements.ts";
import { type AciWorld, groupsOf, madeTwice, nothingIsLeft, startAciWorld } from "./worlds/aci-world.ts";
import { waitsFor } from "./worlds/cloud-world.ts";
import { lasting, letGo } from "./worlds/lasting.ts";
import { deployment, hasPhase, isReady, podManifest, podTemplate } from "./worlds/world.ts";

const image = "docker.io/library/busybox:1.37";

const example = (file: string): string =>
  readFileSync(join(import.meta.dirname, "../../deploy/examples/aci", file), "utf8");

const codes = ({ status }: Pod): Record<string, number | undefined> =>
  Object.fromEntries(
    [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].map(({ name, state }) => [
      name,
      state?.terminated?.exitCode,
    ]),
  );

describeWith(["go", "namespaces", "root", "busybox"], "on Azure Container Instances", () => {
  let cloud: AciWorld;
  beforeAll(async () => {
    cloud = await startAciWorld({ runtime: "process" });
  });
  afterAll(() => cloud?.stop());

  it.concurrent("a container that fails runs again in the same group, started by Azure alone", async () => {
    const { world } = cloud;
    await world.cluster.apply(podManifest("again", { image, command: ["sh", "-c", "sleep 1; exit 3"] }));
    const pod = await world.until("again", "has run again and waits", (one) => {
      return (one.status?.containerStatuses?.[0]?.restartCount ?? 0) >= 2 && waitsFor(one) === "CrashLoopBackOff";
    });
    expect(pod.status?.phase).toBe("Running");
    expect(pod.status?.containerStatuses?.[0]?.lastState?.terminated).toMatchObject({ exitCode: 3, reason: "Error" });
    expect(groupsOf(cloud, pod)).toHaveLength(1);
    await world.cluster.kubectl("delete", "pod", "again", "--wait=false");
  });

  it.concurrent("a program that hangs is ended by Azure's own probe, and starts again in place", async () => {
    const { world } = cloud;
    const livenessProbe = { exec: { command: ["test", "!", "-e", "/hangs"] }, periodSeconds: 1, failureThreshold: 1 };
    const command = ["sh", "-c", "rm -f /hangs; sleep 4; touch /hangs; sleep 3600"];
    await world.cluster.apply(podManifest("hangs", { image, command, container: { livenessProbe } }));
    const pod = await world.until("hangs", "has been started again", (one) => {
      return (one.status?.containerStatuses?.[0]?.restartCount ?? 0) >= 1;
    });
    expect(groupsOf(cloud, pod)).toHaveLength(1);
    expect((await world.eventsOf("hangs")).filter((event) => event.startsWith("Unhealthy"))).toEqual([]);
    await world.cluster.kubectl("delete", "pod", "hangs", "--wait=false");
  });

  it.concurrent("the example Deployment serves at its groups' addresses, is rolled out and scaled", async () => {
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
      expect(metadata?.annotations).toMatchObject({ "burstlet.dev/provisioned": "1vCPU 1GB" });
    }
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

  it.concurrent("a Job whose pods fail is failed after as many groups as it may try, each with its true exit code", async () => {
    const { world } = cloud;
    const template = podTemplate({ image, restartPolicy: "Never", command: ["sh", "-c", "exit 5"] });
    const spec = { backoffLimit: 1, template };
    await world.cluster.apply({ apiVersion: "batch/v1", kind: "Job", metadata: { name: "fails" }, spec });
    await world.cluster.kubectl("wait", "job/fails", "--for=condition=Failed", "--timeout=110s");
    const pods = await world.pods("job-name=fails");
    expect(pods.map(codes)).toEqual([{ main: 5 }, { main: 5 }]);
    for (const pod of pods) expect(groupsOf(cloud, pod)).toHaveLength(1);
  });

  it.concurrent("the example of configuration and a secret finds both, and Azure shows neither of the secret's forms", async () => {
    const { world, azure } = cloud;
    await world.cluster.apply(example("config.yaml"));
    const pod = await world.until("configured", "has succeeded", hasPhase("Succeeded"));
    expect(codes(pod)).toEqual({ main: 0 });
    const { group } = groupsOf(cloud, pod)[0] ?? { group: "" };
    const headers = { authorization: "Bearer x" };
    const shown = await (await fetch(`${azure.url}${group}?api-version=2023-05-01`, { headers })).text();
    expect(shown).toContain("greeting");
    expect(shown).not.toContain("4711");
    expect(shown).not.toContain(Buffer.from("4711").toString("base64"));
  });

  it.concurrent("the example of several containers ends with its mains, after its init container", async () => {
    const { world } = cloud;
    await world.cluster.apply(example("multi-container.yaml"));
    const pod = await world.until("together", "has succeeded", hasPhase("Succeeded"), 110_000);
    expect(codes(pod)).toEqual({ fetch: 0, first: 0, second: 0 });
  });

  it.concurrent("a pod that ignores SIGTERM has its grace, and then an end", async () => {
    const { world } = cloud;
    const command = ["sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 1; done"];
    await world.cluster.apply(lasting("ignores", { image, command, graceSeconds: 5 }));
    await world.until("ignores", "is ready", isReady, 110_000);
    await eventually("it is deaf", async () => world.cluster.kubectl("logs", "ignores"));
    const begin = performance.now();
    await world.cluster.kubectl("delete", "pod", "ignores", "--wait=false");
    const end = await world.until("ignores", "was killed", (pod) => codes(pod)["main"] === 137);
    expect(performance.now() - begin).toBeGreaterThan(5_000);
    expect(end.status?.containerStatuses?.[0]).toMatchObject({ restartCount: 0 });
    await letGo(world, "ignores");
  });

  it.concurrent("a pod that cannot be a group is refused with every reason, and nothing is made", async () => {
    const { world } = cloud;
    const container = { stdin: true, workingDir: "/srv" };
    const spec = { hostNetwork: true, hostAliases: [{ ip: "10.0.0.1", hostnames: ["a"] }] };
    await world.cluster.apply(podManifest("refused", { image, spec, container }));
    const pod = await world.until("refused", "has failed", hasPhase("Failed"));
    expect(pod.status?.reason).toBe("ProviderRefused");
    for (const field of ["hostNetwork", "hostAliases", "containers[0].stdin", "containers[0].workingDir"])
      expect(pod.status?.message).toContain(`spec.${field}`);
    expect(groupsOf(cloud, pod)).toEqual([]);
  });

  it("a burstlet that is killed in the middle finds its groups again, and makes none twice", async () => {
    const { world } = cloud;
    const before = groupsOf(cloud).length;
    await world.cluster.apply(deployment("many", 6, { image }));
    await eventually("some are made", () => groupsOf(cloud).length >= before + 2);
    await world.burstlet.kill();
    world.startAgain();
    await world.cluster.kubectl("rollout", "status", "deployment/many", "--timeout=100s");
    expect(madeTwice(cloud)).toEqual([]);
    const pods = await world.pods("app=many");
    expect(pods.filter(isReady)).toHaveLength(6);
    for (const pod of pods) expect(groupsOf(cloud, pod)).toHaveLength(1);
    await world.cluster.kubectl("delete", "deployment", "many", "--wait=false");
  });

  it("a deleted pod runs its hook, is sent SIGTERM and told with its own exit code, although burstlet is killed meanwhile", async () => {
    const { world } = cloud;
    const script = "trap 'cat /tmp/hook; sleep 5; exit 7' TERM; while :; do sleep 0.2 & wait $!; done";
    const lifecycle = { preStop: { exec: { command: ["sh", "-c", "echo the hook was here >/tmp/hook"] } } };
    await world.cluster.apply(
      lasting("polite", { image, command: ["sh", "-c", script], container: { lifecycle }, graceSeconds: 40 }),
    );
    await world.until("polite", "is ready", isReady);
    await world.cluster.kubectl("delete", "pod", "polite", "--wait=false");
    const log = async (): Promise<string> => world.cluster.kubectl("logs", "polite").catch(String);
    await eventually("it has heard SIGTERM, after its hook", async () => (await log()) === "the hook was here\n");
    await world.burstlet.kill();
    world.startAgain();
    const pod = await world.until("polite", "has ended", (one) => codes(one)["main"] !== undefined);
    expect(codes(pod)).toEqual({ main: 7 });
    await letGo(world, "polite");
  });

  it("a PUT whose answer is lost, or is an error although the group was made, makes one group", async () => {
    const { world, azure } = cloud;
    const call = "arm:PutContainerGroup";
    const cases = {
      cut: { cut: "after" as const },
      late: { error: { type: "ServerTimeout", message: "later", status: 503, late: true } },
    };
    for (const [name, fault] of Object.entries(cases)) {
      azure.faults.set({ name, call, times: 1, ...fault });
      await world.cluster.apply(podManifest(name, { image }));
      const pod = await world.until(name, "is ready", isReady);
      expect(groupsOf(cloud, pod)).toHaveLength(1);
      await world.cluster.kubectl("delete", "pod", name, "--wait=false");
    }
    expect(madeTwice(cloud)).toEqual([]);
  });

  it("where a region has no capacity, the next one is used", async () => {
    const { world, azure } = cloud;
    azure.scenario.change({ azure: { locations: { westeurope: { capacity: 0 }, northeurope: {} } } });
    await world.cluster.apply(podManifest("elsewhere", { image, command: ["sleep", "3600"] }));
    const pod = await world.until("elsewhere", "is ready", isReady);
    expect(groupsOf(cloud, pod).map(({ location }) => location)).toEqual(["northeurope"]);
    await soon(async () => expect((await world.eventsOf("elsewhere")).join()).toContain("InsufficientCapacity"));
    azure.scenario.change({ azure: { locations: { westeurope: { capacity: 1_000 }, northeurope: {} } } });
    await world.cluster.kubectl("delete", "pod", "elsewhere", "--wait=false");
  });

  it("a pod for which no region has a quota left says so, and runs once there is one", async () => {
    const { world, azure } = cloud;
    const cores = (StandardCores: number): void => {
      const location = { quotas: { StandardCores } };
      azure.scenario.change({ azure: { locations: { westeurope: location, northeurope: location } } });
    };
    cores(0);
    await world.cluster.apply(podManifest("poor", { image }));
    const waiting = await world.until("poor", "waits", (one) => waitsFor(one) === "ContainerGroupQuotaReached");
    const { message } = waiting.status?.containerStatuses?.[0]?.state?.waiting ?? {};
    expect(message).toContain("this group takes 1 vCPU in westeurope");
    cores(100);
    await world.until("poor", "is ready", isReady);
    await world.cluster.kubectl("delete", "pod", "poor", "--wait=false");
  });

  it("a container without a shell is killed without waiting for its grace, which is said once", async () => {
    const { world, azure } = cloud;
    await eventually("nothing else is being deleted", async () => {
      return (await world.pods("")).every(({ metadata }) => metadata?.deletionTimestamp === undefined);
    });
    await world.cluster.apply(lasting("bare", { image, command: ["sleep", "3600"], graceSeconds: 300 }));
    await world.until("bare", "is ready", isReady);
    const error = { type: "InvalidCommand", message: "no such program", status: 400 };
    azure.faults.set({ name: "no shell", call: "arm:ExecuteCommand", error });
    await world.cluster.kubectl("delete", "pod", "bare", "--wait=false");
    await world.until("bare", "was killed", (pod) => codes(pod)["main"] === 137);
    azure.faults.clear("no shell");
    const said = await eventually("an event says so", async () => {
      const found = (await world.eventsOf("bare")).filter((event) => event.startsWith("EndedWithoutSIGTERM"));
      return found.length > 0 && found;
    });
    expect(said).toHaveLength(1);
    expect(said[0]).toContain("no shell at /bin/sh or /busybox/sh");
    await letGo(world, "bare");
  });

  it("deleted pods leave nothing, and no group was made twice", async () => {
    const { world } = cloud;
    await world.cluster.apply(
      podManifest("deaf", {
        image,
        command: ["sh", "-c", "trap '' TERM; sleep 3600"],
        spec: { terminationGracePeriodSeconds: 3 },
      }),
    );
    await world.until("deaf", "is ready", isReady);
    await world.cluster.kubectl("delete", "pods,jobs", "--all", "--timeout=100s");
    await nothingIsLeft(cloud);
    expect(madeTwice(cloud)).toEqual([]);
  });
});
