import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Pool } from "undici";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Pod } from "../../src/model/kube.ts";
import { startEngine, type TestEngine } from "../support/engine.ts";
import { eventually } from "../support/eventually.ts";
import { describeWith } from "../support/requirements.ts";
import {
  deployment,
  exitCode,
  hasPhase,
  isReady,
  podManifest,
  type PodFixture,
  startWorld,
  type World,
} from "./worlds/world.ts";

/** As GET /containers/json shows one: what burstlet's labels say of it is only read, never asked of burstlet. */
interface EngineContainer {
  readonly Id: string;
  readonly State: string;
  readonly Labels: Readonly<Record<string, string>>;
}

const PODS = 10;

/** The engine has the image, and nothing to pull from: a name without a tag would mean Always. */
const present = { image: "busybox:latest", imagePullPolicy: "IfNotPresent" } as const;

/** For a container that ends when the test wants it to. */
const untilTold = "until [ -e /tmp/go ]; do sleep 0.1; done";

const onEngine = (fixture: PodFixture): PodFixture => ({ ...fixture, container: { ...present, ...fixture.container } });

describeWith(["go", "namespaces", "root", "busybox", "engine"], "a virtual node on a container engine", () => {
  let engine: TestEngine;
  let api: Pool;
  let stateDir: string;
  let world: World;
  beforeAll(async () => {
    engine = await startEngine({ network: "shared" });
    api = new Pool("http://engine", { connect: { socketPath: engine.host.slice("unix://".length) } });
    stateDir = mkdtempSync(join(tmpdir(), "burstlet-engine-state-"));
    world = await startWorld({ local: { runtime: "engine", stateDir, engine: { host: engine.host } } });
  });
  afterAll(async () => {
    await world?.stop();
    await api?.close();
    await engine?.close();
    rmSync(stateDir, { recursive: true, force: true });
  });

  /** Everything that the engine has, ended or not. */
  async function containers(): Promise<EngineContainer[]> {
    const answer = await api.request({ method: "GET", path: "/containers/json?all=true" });
    return (await answer.body.json()) as EngineContainer[];
  }

  async function containersOf(pods: readonly Pod[]): Promise<EngineContainer[]> {
    const uids = new Set(pods.map((pod) => pod.metadata?.uid));
    return (await containers()).filter(({ Labels }) => uids.has(Labels["dev.burstlet.pod-uid"]));
  }

  async function mainOf(pod: Pod): Promise<EngineContainer> {
    const found = (await containersOf([pod])).find(({ Labels }) => Labels["dev.burstlet.container"] === "main");
    if (found === undefined) throw new Error(`the engine has no container of ${pod.metadata?.name}`);
    return found;
  }

  it("declares on a real API server that its streams may come as WebSockets", async () => {
    const { status } = (await world.node()) as { status?: { declaredFeatures?: string[] } };
    expect(status?.declaredFeatures).toEqual(["ExtendWebSocketsToKubelet"]);
  });

  it("runs a pod to its end with its output and true exit code", async () => {
    const command = ["sh", "-c", "echo out; echo err >&2; exit 7"];
    await world.cluster.apply(podManifest("once", onEngine({ restartPolicy: "Never", command })));
    const pod = await world.until("once", "has failed", hasPhase("Failed"));
    expect(exitCode(pod)).toBe(7);
    expect(pod.status?.podIP).toMatch(/^10\.88\./);
    expect((await world.cluster.kubectl("logs", "once")).split("\n").toSorted()).toEqual(["", "err", "out"]);
  });

  it("asks its containers by commands and over HTTP, and runs again what is not alive", async () => {
    const often = { periodSeconds: 1, failureThreshold: 1, timeoutSeconds: 10 };
    const probes = {
      livenessProbe: { exec: { command: ["test", "-e", "/tmp/live"] }, ...often, initialDelaySeconds: 5 },
      readinessProbe: { httpGet: { path: "/ready", port: 8080 }, ...often },
    };
    const command = [
      "sh",
      "-c",
      "trap 'exit 7' TERM; touch /tmp/live; httpd -p 8080 -h /tmp; while :; do sleep 0.1; done",
    ];
    const startupProbe = { exec: { command: ["test", "-e", "/tmp/up"] }, ...often, failureThreshold: 300 };
    const beside = { name: "side", ...present, restartPolicy: "Always", command: ["sleep", "3600"], startupProbe };
    const spec = { initContainers: [beside] };
    await world.cluster.apply(podManifest("probed", onEngine({ command, container: probes, spec, graceSeconds: 30 })));
    await eventually("its sidecar is asked whether it has started up", async () =>
      (await world.eventsOf("probed")).some((event) => event.startsWith("Unhealthy: Startup probe failed")),
    );
    // Probes begin with the run, before the API server shows it.
    const hasSidecar = ({ status }: Pod) => status?.initContainerStatuses?.[0]?.state?.running !== undefined;
    const pending = await world.until("probed", "shows its sidecar", hasSidecar);
    expect(pending.status?.containerStatuses?.[0]?.state?.waiting?.reason).toBe("PodInitializing");
    await world.cluster.kubectl("exec", "probed", "-c", "side", "--", "touch", "/tmp/up");
    await eventually("it is told that it is not ready", async () =>
      (await world.eventsOf("probed")).includes(
        "Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 404",
      ),
    );
    await world.cluster.kubectl("exec", "probed", "-c", "main", "--", "touch", "/tmp/ready");
    await world.until("probed", "is ready", isReady);
    await world.cluster.kubectl("exec", "probed", "-c", "main", "--", "rm", "/tmp/live");
    const pod = await world.until(
      "probed",
      "runs again",
      (one) => one.status?.containerStatuses?.[0]?.restartCount === 1,
    );
    expect([exitCode(pod), isReady(pod)]).toEqual([7, false]);
  });

  it("runs init containers in order, then several containers side by side on one network", async () => {
    const server = "httpd -p 8080 -h /data; until [ -e /data/done ]; do sleep 0.1; done";
    const client = "until wget -qO- http://127.0.0.1:8080/; do sleep 0.1; done 2>/dev/null; touch /data/done; exit 3";
    const shell = (name: string, script: string) => ({
      name,
      ...present,
      command: ["sh", "-c", script],
      volumeMounts: [{ name: "data", mountPath: "/data" }],
    });
    await world.cluster.apply(
      podManifest("side-by-side", {
        restartPolicy: "Never",
        spec: {
          initContainers: ["first", "second"].map((name) => shell(name, `echo ${name} >> /data/index.html`)),
          containers: [shell("server", server), shell("client", client)],
          volumes: [{ name: "data", emptyDir: {} }],
        },
      }),
    );
    const pod = await world.until("side-by-side", "has ended", hasPhase("Failed"));
    const codes = pod.status?.containerStatuses?.map(({ name, state }) => [name, state?.terminated?.exitCode]);
    expect(codes?.toSorted()).toEqual([
      ["client", 3],
      ["server", 0],
    ]);
    expect(await world.cluster.kubectl("logs", "side-by-side", "-c", "client")).toBe("first\nsecond\n");
    expect(pod.status?.initContainerStatuses?.map(({ state }) => state?.terminated?.reason)).toEqual([
      "Completed",
      "Completed",
    ]);
  });

  it("serves a Deployment at the addresses of its Service", async () => {
    await world.cluster.apply([
      deployment(
        "http",
        2,
        onEngine({
          command: ["sh", "-c", "hostname > /tmp/index.html; httpd -f -p 8080 -h /tmp"],
          container: { ports: [{ containerPort: 8080 }] },
        }),
      ),
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "http" },
        spec: { selector: { app: "http" }, ports: [{ port: 80, targetPort: 8080 }] },
      },
    ]);
    const addresses = await eventually("the EndpointSlice has both addresses", async () => {
      const { items } = await world.cluster.get<{ items: { endpoints?: { addresses: string[] }[] }[] }>(
        "endpointslices",
        "-l",
        "kubernetes.io/service-name=http",
      );
      const found = items.flatMap(({ endpoints }) => (endpoints ?? []).flatMap((endpoint) => endpoint.addresses));
      return found.length === 2 && found;
    });
    const answers = await Promise.all(
      addresses.map((address) =>
        eventually("the pod serves", async () => (await fetch(`http://${address}:8080/`)).text()),
      ),
    );
    const names = (await world.pods("app=http")).map((pod) => `${pod.metadata?.name}\n`);
    expect(answers.toSorted()).toEqual(names.toSorted());
    await world.cluster.kubectl("delete", "deployment,service", "http", "--wait=false");
  });

  it("waits for an unknown image with ErrImagePull, then ImagePullBackOff, and says what the engine said", async () => {
    await world.cluster.apply(podManifest("no-image", { image: "127.0.0.1:1/nothing:1" }));
    const waiting = await world.until("no-image", "waits for another try", (pod) => {
      return pod.status?.containerStatuses?.[0]?.state?.waiting?.reason === "ImagePullBackOff";
    });
    expect(waiting.status?.phase).toBe("Pending");
    expect(waiting.status?.containerStatuses?.[0]?.state?.waiting?.message).toContain("127.0.0.1:1/nothing:1");
    // ErrImagePull is shown for a second, in which nobody may look; an event follows from it.
    const told = /^(?=[^]*Pulling: )(?=[^]*BackOff: )[^]*Failed: Failed to pull image .*connection refused/;
    await eventually("events say what the engine did, and said", async () =>
      told.test((await world.eventsOf("no-image")).join("\n")),
    );
    await world.cluster.kubectl("delete", "pod", "no-image", "--timeout=30s");
  });

  it("ends a pod whose image is still being pulled", async () => {
    // No resolver answers here, and none refuses: the pull hangs.
    await world.cluster.apply(podManifest("pulling", { image: "registry.example/slow:1" }));
    const pod = await world.until("pulling", "is known", (one) => one.status?.phase === "Pending");
    await eventually("its sandbox is there", async () => (await containersOf([pod])).length > 0);
    await world.cluster.kubectl("delete", "pod", "pulling", "--timeout=20s");
    await eventually("nothing of it is left", async () => (await containersOf([pod])).length === 0, 20_000);
  });

  it("says OOMKilled and 137 of a container that wanted more memory than its limit", async () => {
    const command = ["sh", "-c", `${untilTold}; exec dd if=/dev/zero of=/dev/null bs=256M count=1`];
    const container = { resources: { limits: { memory: "16Mi" } } };
    await world.cluster.apply(podManifest("greedy", onEngine({ restartPolicy: "Never", command, container })));
    const running = await world.until("greedy", "is ready", isReady);
    const { Id } = await mainOf(running);
    engine.podman("exec", Id, "touch", "/tmp/go");
    const pod = await world.until("greedy", "has failed", hasPhase("Failed"));
    expect(pod.status?.containerStatuses?.[0]?.state?.terminated).toMatchObject({ reason: "OOMKilled", exitCode: 137 });
  });

  it("finds its pods again after SIGKILL: no restart, no second container, true exit codes", async () => {
    const labels = { app: "many" };
    const forever = Array.from({ length: PODS - 1 }, (_, n) => podManifest(`stays-${n}`, onEngine({ labels })));
    const ending = podManifest(
      "ends",
      onEngine({
        labels,
        restartPolicy: "Never",
        command: ["sh", "-c", `${untilTold}; exit 5`],
      }),
    );
    await world.cluster.apply([...forever, ending]);
    const before = await eventually("all run", async () => {
      const pods = await world.pods("app=many");
      return pods.length === PODS && pods.every(isReady) && pods;
    });
    const made = await containersOf(before);
    const ends = await mainOf(await world.pod("ends"));
    await world.burstlet.kill();
    // While nobody looks, one of them ends.
    engine.podman("exec", ends.Id, "touch", "/tmp/go");
    await eventually("it has ended", async () =>
      (await containers()).some(({ Id, State }) => Id === ends.Id && State === "exited"),
    );
    world.startAgain();
    expect(exitCode(await world.until("ends", "has failed", hasPhase("Failed")))).toBe(5);
    const after = await world.pods("app=many");
    const runs = (pods: readonly Pod[]) =>
      pods
        .map(({ metadata, status }) => [
          metadata?.name,
          status?.containerStatuses?.[0]?.containerID,
          status?.containerStatuses?.[0]?.restartCount,
        ])
        .toSorted();
    expect(runs(after)).toEqual(runs(before));
    expect(after.filter(isReady)).toHaveLength(PODS - 1);
    const ids = (found: readonly EngineContainer[]) => found.map(({ Id }) => Id).toSorted();
    expect(ids(await containersOf(before)).filter((id) => !ids(made).includes(id))).toEqual([]);
  });

  it("discards what is left of an ended pod whose object went while burstlet was away", async () => {
    await world.cluster.apply(podManifest("held", onEngine({ restartPolicy: "Never", command: ["true"] })));
    const pod = await world.until("held", "has ended", (one) => exitCode(one) !== undefined);
    expect(await world.burstlet.stop()).toBe(0);
    await world.cluster.kubectl("delete", "pod", "held", "--force", "--grace-period=0");
    const label = `label=dev.burstlet.pod-uid=${pod.metadata?.uid}`;
    const volumes = () => engine.podman("volume", "ls", "--quiet", "--filter", label);
    expect([(await containersOf([pod])).length > 0, volumes() !== ""]).toEqual([true, true]);
    world.startAgain();
    await eventually("nothing is left of it", async () => (await containersOf([pod])).length === 0 && volumes() === "");
  });

  it("says of a command that is not there what a node with containerd says", async () => {
    await world.cluster.apply(podManifest("box", onEngine({})));
    await world.until("box", "is ready", isReady);
    await expect(world.cluster.kubectl("exec", "box", "--", "nosuch")).rejects.toThrow(
      "kubectl exec box -- nosuch: error: Internal error occurred: error executing command in container: " +
        'exec: "nosuch": executable file not found in $PATH',
    );
  });

  it("leaves nothing in the engine when its pods are deleted", async () => {
    expect(await containers()).not.toEqual([]);
    await world.cluster.kubectl("delete", "deployments,pods", "--all", "--timeout=100s");
    const nothingIn = async () => (await containers()).length === 0 && engine.podman("volume", "ls", "--quiet") === "";
    await eventually("the engine is empty", nothingIn);
  });
});
