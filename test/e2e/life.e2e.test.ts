/** The life of containers on a container engine: hooks, security settings, `kubectl debug`, and how they end. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Pod } from "../../src/model/kube.ts";
import { startEngine, type TestEngine } from "../support/engine.ts";
import { eventually } from "../support/eventually.ts";
import { describeWith } from "../support/requirements.ts";
import { finish, type Kubectl, onTerminal, start } from "./kubectl.ts";
import { hasPhase, isReady, podManifest, startWorld, type World } from "./worlds/world.ts";

/** The engine has the image, and nothing to pull from. */
const present = { image: "busybox:latest", imagePullPolicy: "IfNotPresent" } as const;
const hook = (script: string) => ({ exec: { command: ["sh", "-c", script] } });
const patient = ["sh", "-c", "trap 'echo term; exit 0' TERM; echo begins; while :; do sleep 0.1 & wait $!; done"];

describeWith(["go", "namespaces", "root", "busybox", "engine"], "the life of containers on an engine", () => {
  let engine: TestEngine;
  let stateDir: string;
  let world: World;
  let kubectl: Kubectl;
  beforeAll(async () => {
    engine = await startEngine({ network: "shared" });
    stateDir = mkdtempSync(join(tmpdir(), "burstlet-life-"));
    world = await startWorld({ local: { runtime: "engine", stateDir, engine: { host: engine.host } } });
    kubectl = { command: [world.cluster.binary, "kubectl"], kubeconfig: world.cluster.kubeconfig };
    const main = { command: ["sh", "-c", "exec sleep 4321"], container: present };
    await world.cluster.apply(podManifest("debugged", main));
    await world.until("debugged", "is ready", isReady);
  });
  afterAll(async () => {
    await world?.stop();
    await engine?.close();
    rmSync(stateDir, { recursive: true, force: true });
  });

  const hasEvent = async (pod: string, text: string): Promise<unknown> =>
    eventually(`an event of ${pod} says ${text}`, async () =>
      (await world.eventsOf(pod)).some((event) => event.includes(text)),
    );
  const debug = (name: string, ...words: readonly string[]): string[] => {
    const image = ["--image=busybox:latest", "--image-pull-policy=IfNotPresent"];
    return ["debug", "debugged", ...image, "-c", name, ...words];
  };
  const ephemeral = (pod: Pod, name: string) =>
    pod.status?.ephemeralContainerStatuses?.find((status) => status.name === name);

  it("kubectl debug --target runs a container beside another, which sees its processes", async () => {
    const script = "ps; hostname; exit 3";
    const words = debug("looks", "--target=main", "--attach=false", "--", "sh", "-c", script);
    expect((await finish(kubectl, words)).code).toBe(0);
    const pod = await world.until(
      "debugged",
      "has debugged",
      (one) => ephemeral(one, "looks")?.state?.terminated !== undefined,
    );
    expect(ephemeral(pod, "looks")?.state?.terminated).toMatchObject({ exitCode: 3, reason: "Error" });
    expect(ephemeral(pod, "looks")?.state?.terminated?.containerID).toMatch(/^docker:\/\//);
    expect(isReady(pod)).toBe(true);
    const said = await world.cluster.kubectl("logs", "debugged", "-c", "looks");
    expect(said).toContain("sleep 4321");
    expect(said.trimEnd().endsWith("debugged")).toBe(true);
  });

  it("kubectl debug -it is a shell in the pod", async () => {
    const terminal = onTerminal(kubectl, debug("shell", "-it", "--", "sh"));
    await terminal.shows(/# /);
    terminal.type("hostname; [ -t 0 ] && echo on-a-$(echo terminal)\r");
    await terminal.shows(/debugged\r\n/);
    await terminal.shows(/on-a-terminal\r\n/);
    terminal.type("exit\r");
    expect(await terminal.ended).toBe(0);
  });

  it("kubectl debug with more rights than the node grants is answered at once with the reason, and the pod runs on", async () => {
    const refused = await finish(kubectl, debug("mighty", "--profile=sysadmin", "--attach", "--", "true"));
    expect(refused.code).not.toBe(0);
    const pod = await world.until(
      "debugged",
      "has refused",
      (one) => ephemeral(one, "mighty")?.state?.terminated !== undefined,
    );
    expect(ephemeral(pod, "mighty")?.state?.terminated?.message).toContain("allowPrivileged");
    expect(isReady(pod)).toBe(true);
  });

  it.concurrent("a container is ready only after its postStart hook, and is deleted by way of its preStop hook", async () => {
    const lifecycle = {
      postStart: hook("sleep 1; echo started > /tmp/hook"),
      preStop: hook("echo stopping > /proc/1/fd/1"),
    };
    const more = { container: { ...present, lifecycle }, graceSeconds: 20, command: patient };
    await world.cluster.apply(podManifest("hooked", more));
    await world.until("hooked", "is ready", isReady);
    expect(await world.cluster.kubectl("exec", "hooked", "--", "cat", "/tmp/hook")).toBe("started\n");
    const followed = start(kubectl, ["logs", "-f", "hooked"]);
    await eventually("it is followed", () => followed.stdout() === "begins\n");
    await world.cluster.kubectl("delete", "pod", "hooked", "--timeout=30s");
    expect((await followed.ended).stdout.toString()).toBe("begins\nstopping\nterm\n");
  });

  it.concurrent("a container whose postStart hook fails is ended and runs again, and an event says so", async () => {
    const container = { ...present, lifecycle: { postStart: hook("exit 7") } };
    await world.cluster.apply(podManifest("failing", { container, command: patient }));
    const pod = await world.until(
      "failing",
      "has been restarted",
      (one) => (one.status?.containerStatuses?.[0]?.restartCount ?? 0) > 0,
    );
    expect(isReady(pod)).toBe(false);
    await hasEvent("failing", "FailedPostStartHook: PostStartHook failed:");
    await world.cluster.kubectl("delete", "pod", "failing", "--timeout=30s");
  });

  it.concurrent("a pod that must not run as root waits with the kubelet's words, and runs as somebody else when told to", async () => {
    const secured = (name: string, securityContext: object) =>
      podManifest(name, {
        restartPolicy: "Never",
        spec: {
          securityContext: { runAsNonRoot: true, fsGroup: 4000, ...securityContext },
          containers: [
            {
              name: "main",
              ...present,
              command: [
                "sh",
                "-c",
                "id -u; id -G; stat -c %g /mnt; sed -n 's/^CapBnd:.//p' /proc/self/status; touch /file",
              ],
              securityContext: {
                readOnlyRootFilesystem: true,
                allowPrivilegeEscalation: false,
                capabilities: { drop: ["ALL"] },
              },
              volumeMounts: [{ name: "v", mountPath: "/mnt" }],
            },
          ],
          volumes: [{ name: "v", emptyDir: {} }],
        },
      });
    await world.cluster.apply([secured("rooted", {}), secured("unrooted", { runAsUser: 1000, runAsGroup: 3000 })]);
    const waiting = await world.until("rooted", "waits", (pod) => {
      return pod.status?.containerStatuses?.[0]?.state?.waiting?.reason === "CreateContainerConfigError";
    });
    const words = "container has runAsNonRoot and image will run as root";
    expect(waiting.status?.containerStatuses?.[0]?.state?.waiting?.message).toContain(words);
    await hasEvent("rooted", `Failed: Error: ${words}`);
    const pod = await world.until("unrooted", "has ended", hasPhase("Failed"));
    expect(pod.status?.containerStatuses?.[0]?.state?.terminated?.exitCode).toBe(1);
    const lines = (await world.cluster.kubectl("logs", "unrooted")).split("\n");
    expect(lines.slice(0, 4)).toEqual(["1000", "3000 4000", "4000", "0000000000000000"]);
    expect(lines[4]).toContain("Read-only file system");
    await world.cluster.kubectl("delete", "pods", "rooted", "unrooted", "--timeout=30s");
  });

  it.concurrent("a container whose own rule names its exit code runs again in a pod that restarts nothing", async () => {
    const container = {
      name: "main",
      ...present,
      command: ["sh", "-c", "[ -e /mnt/again ] && exit 0; touch /mnt/again; exit 42"],
      restartPolicy: "Never",
      restartPolicyRules: [{ action: "Restart", exitCodes: { operator: "In", values: [42] } }],
      volumeMounts: [{ name: "v", mountPath: "/mnt" }],
    };
    const spec = { containers: [container], volumes: [{ name: "v", emptyDir: {} }] };
    await world.cluster.apply(podManifest("ruled", { restartPolicy: "Never", spec }));
    const pod = await world.until("ruled", "has succeeded", hasPhase("Succeeded"));
    const [status] = pod.status?.containerStatuses ?? [];
    expect(status?.restartCount).toBe(1);
    expect(status?.lastState?.terminated?.exitCode).toBe(42);
    expect(status?.state?.terminated?.exitCode).toBe(0);
  });

  it("leaves nothing of a debugged pod in the engine when it is deleted", async () => {
    await world.cluster.kubectl("delete", "pods", "--all", "--timeout=100s");
    await eventually(
      "the engine is empty",
      () => engine.podman("ps", "--all", "--quiet") === "" && engine.podman("volume", "ls", "--quiet") === "",
    );
  });
});
