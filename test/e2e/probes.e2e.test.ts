import { afterAll, beforeAll, expect, it } from "vitest";
import type { Pod } from "../../src/model/kube.ts";
import { eventually } from "../support/eventually.ts";
import { describeWith } from "../support/requirements.ts";
import { isReady, nodeName, podManifest, startWorld, type World } from "./worlds/world.ts";

/** A gRPC server with the health service, of which the service `shop` is well. */
const grpcHealth = `
const server = require("node:http2").createServer();
server.on("stream", (stream) => {
  let asked = "";
  stream.on("data", (chunk) => (asked += chunk));
  stream.on("end", () => {
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.end(Buffer.from([0, 0, 0, 0, 2, 8, asked.endsWith("shop") ? 1 : 2]));
  });
});
server.listen(9000, "0.0.0.0");
`;

const status = (pod: Pod) => pod.status?.containerStatuses?.[0];
const touch = (file: string) => ["sh", "-c", `${file}; while :; do sleep 1; done`];
/** An answer may take longer than the usual second where others keep the machine busy. */
const often = { periodSeconds: 1, failureThreshold: 1, timeoutSeconds: 10 };

describeWith(["go", "namespaces", "root", "busybox"], "probes on a virtual node", () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world?.stop());

  const inPod = (pod: string, command: string) => world.cluster.kubectl("exec", pod, "--", "sh", "-c", command);
  const kubectl = (...words: string[]) => world.cluster.kubectl(...words);

  it.concurrent("keep a pod out of its Service until its command succeeds, and take it out when it fails", async () => {
    const readinessProbe = { exec: { command: ["test", "-e", "/tmp/$(FILE)"] }, ...often };
    const env = [{ name: "FILE", value: "ready" }];
    await world.cluster.apply([
      podManifest("served", { labels: { app: "served" }, container: { readinessProbe, env } }),
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "served" },
        spec: { selector: { app: "served" }, ports: [{ port: 80 }] },
      },
    ]);
    const inService = async (): Promise<boolean | undefined> => {
      const { items } = await world.cluster.get<{ items: { endpoints?: { conditions: { ready: boolean } }[] }[] }>(
        "endpointslices",
        "-l",
        "kubernetes.io/service-name=served",
      );
      return items[0]?.endpoints?.[0]?.conditions.ready;
    };
    const pod = await world.until("served", "runs", (one) => status(one)?.state?.running !== undefined);
    expect([status(pod)?.started, status(pod)?.ready, isReady(pod)]).toEqual([true, false, false]);
    await eventually("it is known, and out of service", async () => (await inService()) === false);
    await inPod("served", "touch /tmp/ready");
    await eventually("it is in service", inService);
    await inPod("served", "rm /tmp/ready");
    await eventually("it is out of service again", async () => (await inService()) === false);
    const after = await world.pod("served");
    expect(status(after)?.restartCount).toBe(0);
    expect(after.status?.conditions?.find(({ type }) => type === "ContainersReady")).toMatchObject({
      status: "False",
      reason: "ContainersNotReady",
    });
    await eventually("the event is there", async () =>
      (await world.eventsOf("served")).some((event) => event.startsWith("Unhealthy: Readiness probe failed:")),
    );
  });

  it.concurrent("run a container again when it fails over HTTP, and only that one", async () => {
    const livenessProbe = {
      httpGet: { path: "/live", port: "web" },
      ...often,
      // It may take a while until it serves.
      failureThreshold: 3,
      initialDelaySeconds: 2,
      terminationGracePeriodSeconds: 30,
    };
    // Once it is ready, there is what is taken away.
    const readinessProbe = { httpGet: { path: "/live", port: "web" }, ...often };
    const main = { ports: [{ name: "web", containerPort: 8080 }], livenessProbe, readinessProbe };
    const command = [
      "sh",
      "-c",
      "trap 'exit 7' TERM; echo 1 > /tmp/live; httpd -p 8080 -h /tmp; while :; do sleep 0.1; done",
    ];
    const other = { name: "other", image: "busybox", command: ["sleep", "3600"] };
    await world.cluster.apply(
      podManifest("mortal", { spec: { containers: [{ name: "main", image: "busybox", command, ...main }, other] } }),
    );
    await world.until("mortal", "is ready", isReady);
    await kubectl("exec", "mortal", "-c", "main", "--", "rm", "/tmp/live");
    const pod = await world.until(
      "mortal",
      "was restarted",
      (one) => isReady(one) && (status(one)?.restartCount ?? 0) > 0,
    );
    expect(status(pod)?.lastState?.terminated?.exitCode).toBe(7);
    expect(pod.status?.containerStatuses?.map(({ name, restartCount }) => `${name} ${restartCount}`)).toEqual([
      "main 1",
      "other 0",
    ]);
    await eventually("the events are there", async () => {
      const events = await world.eventsOf("mortal");
      return (
        events.includes("Unhealthy: Liveness probe failed: HTTP probe failed with statuscode: 404") &&
        events.includes("Killing: Container main failed liveness probe, will be restarted")
      );
    });
  });

  it.concurrent("hold back the others until a container has started up", async () => {
    const probes = {
      startupProbe: { exec: { command: ["test", "-e", "/tmp/up"] }, ...often, failureThreshold: 300 },
      livenessProbe: { exec: { command: ["test", "-e", "/tmp/up"] }, ...often },
      readinessProbe: { exec: { command: ["true"] }, ...often },
    };
    await world.cluster.apply(podManifest("slow", { container: probes }));
    await eventually("it was asked several times", async () => {
      const { items } = await world.cluster.get<{ items: { message: string; count: number }[] }>(
        "events",
        "--field-selector",
        "involvedObject.name=slow",
      );
      return (items.find(({ message }) => message.startsWith("Startup probe failed"))?.count ?? 0) >= 3;
    });
    // Probes begin with the run, before the API server shows it.
    const before = status(await world.until("slow", "runs", (pod) => status(pod)?.state?.running !== undefined));
    expect([before?.started, before?.ready, before?.restartCount]).toEqual([false, false, 0]);
    await inPod("slow", "touch /tmp/up");
    const after = status(await world.until("slow", "is ready", isReady));
    expect([after?.started, after?.restartCount]).toEqual([true, 0]);
  });

  it.concurrent("ask over TCP", async () => {
    const readinessProbe = { tcpSocket: { port: 8080 }, ...often };
    await world.cluster.apply(
      podManifest("tcp", {
        command: touch("while [ ! -e /tmp/listen ]; do sleep 0.1; done; httpd -p 8080"),
        container: { readinessProbe },
      }),
    );
    await eventually("the refusal is told", async () =>
      (await world.eventsOf("tcp")).some((event) => event.endsWith("connect: connection refused")),
    );
    await inPod("tcp", "touch /tmp/listen");
    await world.until("tcp", "is ready", isReady);
  });

  it.concurrent.for([
    ["shop", "is ready", isReady],
    ["", "is told to be unhealthy", undefined],
  ] as const)("ask a gRPC server for service %j, which %s", async ([service, what, check]) => {
    const name = service === "" ? "grpc" : `grpc-${service}`;
    await world.cluster.apply(
      podManifest(name, {
        image: "burstlet.dev/http-echo",
        command: ["/opt/burstlet/node", "-e", grpcHealth],
        container: { readinessProbe: { grpc: { port: 9000, service }, ...often } },
      }),
    );
    if (check !== undefined) return void (await world.until(name, what, check));
    await eventually(what, async () =>
      (await world.eventsOf(name)).includes(
        'Unhealthy: Readiness probe failed: service unhealthy (responded with "NOT_SERVING")',
      ),
    );
    expect(isReady(await world.pod(name))).toBe(false);
  });

  it.concurrent("and readiness gates both have to be well", async () => {
    const readinessGates = [{ conditionType: "example.com/open" }];
    const readinessProbe = { exec: { command: ["true"] }, ...often };
    await world.cluster.apply(podManifest("gated", { container: { readinessProbe }, spec: { readinessGates } }));
    const pod = await world.until("gated", "has ready containers", (one) =>
      Boolean(one.status?.conditions?.some(({ type, status: is }) => type === "ContainersReady" && is === "True")),
    );
    expect(pod.status?.conditions?.find(({ type }) => type === "Ready")).toMatchObject({
      status: "False",
      reason: "ReadinessGatesNotReady",
    });
    const patch = { status: { conditions: [{ type: "example.com/open", status: "True" }] } };
    await kubectl("patch", "pod", "gated", "--subresource=status", "-p", JSON.stringify(patch));
    await world.until("gated", "is ready", isReady);
  });

  it.concurrent("of a sidecar count for the pod's readiness and for its own life", async () => {
    const sidecar = {
      name: "side",
      image: "busybox",
      restartPolicy: "Always",
      command: touch("touch /tmp/live"),
      readinessProbe: { exec: { command: ["test", "-e", "/tmp/ready"] }, ...often },
      livenessProbe: {
        exec: { command: ["test", "-e", "/tmp/live"] },
        ...often,
        failureThreshold: 3,
        initialDelaySeconds: 2,
        terminationGracePeriodSeconds: 1,
      },
    };
    await world.cluster.apply(podManifest("accompanied", { spec: { initContainers: [sidecar] } }));
    await world.until("accompanied", "runs", (one) => status(one)?.ready === true);
    expect(isReady(await world.pod("accompanied"))).toBe(false);
    await kubectl("exec", "accompanied", "-c", "side", "--", "sh", "-c", "touch /tmp/ready");
    await world.until("accompanied", "is ready", isReady);
    await kubectl("exec", "accompanied", "-c", "side", "--", "sh", "-c", "rm /tmp/live");
    const restarted = await world.until("accompanied", "restarted its sidecar", (one) =>
      Boolean(one.status?.initContainerStatuses?.some(({ restartCount }) => restartCount > 0)),
    );
    expect(status(restarted)?.restartCount).toBe(0);
  });

  it.concurrent("of a sidecar's startup hold back what comes after it", async () => {
    const startupProbe = { exec: { command: ["test", "-e", "/tmp/up"] }, ...often, failureThreshold: 300 };
    const side = { name: "side", image: "busybox", restartPolicy: "Always", command: ["sleep", "3600"], startupProbe };
    const init = { name: "init", image: "busybox", command: ["true"] };
    await world.cluster.apply(podManifest("patient", { spec: { initContainers: [side, init] } }));
    await eventually("the sidecar was asked", async () =>
      (await world.eventsOf("patient")).some((event) => event.startsWith("Unhealthy: Startup probe failed")),
    );
    // Probes begin with the run, before the API server shows it.
    const before = await world.until("patient", "shows its sidecar", ({ status: shown }) =>
      Boolean(shown?.initContainerStatuses?.[0]?.state?.running),
    );
    expect(
      before.status?.initContainerStatuses?.map(({ started, state }) => [started, Object.keys(state ?? {})]),
    ).toEqual([
      [false, ["running"]],
      [false, ["waiting"]],
    ]);
    expect(before.status?.conditions?.find(({ type }) => type === "Initialized")?.message).toBe(
      "containers with incomplete status: [side init]",
    );
    await kubectl("exec", "patient", "-c", "side", "--", "touch", "/tmp/up");
    await world.until("patient", "is ready", isReady);
  });

  it("are counted under the kubelet's names", async () => {
    const text = await kubectl("get", "--raw", `/api/v1/nodes/${nodeName}/proxy/metrics/probes`);
    expect(text).toMatch(
      /^prober_probe_total\{probe_type="Readiness",container="main",pod="tcp",namespace="default",pod_uid="[0-9a-f-]+",result="successful"\} [1-9]/m,
    );
    expect(text).toMatch(/^prober_probe_total\{probe_type="Liveness".*pod="mortal".*result="failed"\} [1-9]/m);
    expect(text).toContain("# TYPE prober_probe_duration_seconds histogram");
  });

  it("leave no trace in a pod's status when burstlet is started anew", async () => {
    const names = ["tcp", "grpc-shop", "gated"];
    const versions = async () =>
      (await Promise.all(names.map((name) => world.pod(name)))).map(({ metadata }) => metadata?.resourceVersion);
    const before = await versions();
    const probesSeen = async () => {
      const text = await kubectl("get", "--raw", `/api/v1/nodes/${nodeName}/proxy/metrics/probes`);
      return names.every((name) =>
        new RegExp(`^prober_probe_total\\{.*pod="${name}".*result="successful"`, "m").test(text),
      );
    };
    await world.burstlet.kill();
    world.startAgain();
    await eventually("the new one has asked them all", probesSeen, 30_000);
    expect(await versions()).toEqual(before);
  });
});
