import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { describeWith } from "../support/requirements.ts";
import {
  deployment,
  exitCode,
  hasPhase,
  isReady,
  podManifest,
  podTemplate,
  startWorld,
  type World,
} from "./worlds/world.ts";

describeWith(["go", "namespaces", "root", "busybox"], "workloads on a virtual node", () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world?.stop());

  it.concurrent("fills every column of kubectl get nodes -o wide", async () => {
    const [head = "", row = ""] = (await world.cluster.kubectl("get", "nodes", "-o", "wide")).trim().split("\n");
    const cells = row.split(/\s{2,}/);
    expect(head.split(/\s{2,}/)).toHaveLength(10);
    expect(cells).toHaveLength(10);
    expect(cells.slice(0, 3)).toEqual(["burst-local", "Ready", "agent"]);
    expect(cells[4]).toMatch(/^v1\.\d+\.\d+-burstlet-/);
    expect(cells.filter((cell) => cell === "<unknown>")).toEqual([]);
  });

  it.concurrent("runs a pod to its end with its output and true exit code", async () => {
    await world.cluster.apply(
      podManifest("once", { restartPolicy: "Never", command: ["sh", "-c", "echo hello; exit 7"] }),
    );
    const pod = await world.until("once", "has failed", hasPhase("Failed"));
    expect(exitCode(pod)).toBe(7);
    expect(await world.cluster.kubectl("logs", "once")).toBe("hello\n");
  });

  it.concurrent("starts an ordinary pod with the events Created and Started", async () => {
    await world.cluster.apply(podManifest("plain"));
    await world.until("plain", "is ready", isReady);
    const events = await eventually("its events", async () => {
      const found = await world.eventsOf("plain");
      return found.length === 3 && found;
    });
    const reasons = events.map((event) => event.split(":")[0]);
    expect(reasons).toContain("Scheduled");
    // The scheduler tells of its own in its own time.
    expect(reasons.filter((reason) => reason !== "Scheduled")).toEqual(["Created", "Started"]);
  });

  it.concurrent("runs init containers one after the other before the main container", async () => {
    const init = ["first", "second"].map((name) => ({
      name,
      image: "busybox",
      command: ["sh", "-c", `echo ${name} >> /data/order`],
      volumeMounts: [{ name: "data", mountPath: "/data" }],
    }));
    await world.cluster.apply(
      podManifest("with-init", {
        restartPolicy: "Never",
        command: ["cat", "/data/order"],
        container: { volumeMounts: [{ name: "data", mountPath: "/data" }] },
        spec: { initContainers: init, volumes: [{ name: "data", emptyDir: {} }] },
      }),
    );
    await world.until("with-init", "has succeeded", hasPhase("Succeeded"));
    expect(await world.cluster.kubectl("logs", "with-init")).toBe("first\nsecond\n");
  });

  it.concurrent("restarts a container that fails, and counts it", async () => {
    await world.cluster.apply(podManifest("again", { command: ["sh", "-c", "exit 3"] }));
    const pod = await world.until("again", "waits for its second restart", (one) => {
      const status = one.status?.containerStatuses?.[0];
      return status?.restartCount === 1 && status.state?.waiting?.reason === "CrashLoopBackOff";
    });
    expect(exitCode(pod)).toBe(3);
    await world.cluster.kubectl("delete", "pod", "again", "--wait=false");
  });

  it.concurrent("scales a Deployment and rolls a new version out", async () => {
    await world.cluster.apply(deployment("web", 2));
    await world.cluster.kubectl("rollout", "status", "deployment/web", "--timeout=60s");
    await world.cluster.kubectl("scale", "deployment/web", "--replicas=4");
    await world.cluster.kubectl("rollout", "status", "deployment/web", "--timeout=60s");
    expect((await world.pods("app=web")).filter(isReady)).toHaveLength(4);
    await world.cluster.apply(deployment("web", 4, { command: ["sleep", "7200"] }));
    await world.cluster.kubectl("rollout", "status", "deployment/web", "--timeout=90s");
    const commands = (await world.pods("app=web"))
      .filter((pod) => pod.metadata?.deletionTimestamp === undefined)
      .map((pod) => pod.spec?.containers[0]?.command?.[1]);
    expect(new Set(commands)).toEqual(new Set(["7200"]));
    await world.cluster.kubectl("delete", "deployment", "web", "--wait=false");
  });

  it.concurrent("puts the pod's address into the EndpointSlice of its Service, and it answers there", async () => {
    await world.cluster.apply([
      deployment("http", 1, {
        command: ["sh", "-c", "echo served > /tmp/index.html; httpd -f -p 8080 -h /tmp"],
        container: { ports: [{ containerPort: 8080 }] },
      }),
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "http" },
        spec: { selector: { app: "http" }, ports: [{ port: 80, targetPort: 8080 }] },
      },
    ]);
    const [address] = await eventually("the EndpointSlice has an address", async () => {
      const { items } = await world.cluster.get<{ items: { endpoints?: { addresses: string[] }[] }[] }>(
        "endpointslices",
        "-l",
        "kubernetes.io/service-name=http",
      );
      return items[0]?.endpoints?.[0]?.addresses;
    });
    expect(address).toBe((await world.pods("app=http"))[0]?.status?.podIP);
    const answer = await eventually("the pod serves", async () => (await fetch(`http://${address}:8080/`)).text());
    expect(answer).toBe("served\n");
    await world.cluster.kubectl("delete", "deployment,service", "http", "--wait=false");
  });

  it.concurrent("completes a Job of several pods", async () => {
    await world.cluster.apply({
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name: "five" },
      spec: { completions: 5, parallelism: 2, template: podTemplate({ restartPolicy: "Never", command: ["true"] }) },
    });
    await world.cluster.kubectl("wait", "job/five", "--for=condition=Complete", "--timeout=90s");
    const codes = (await world.pods("job-name=five")).map(exitCode);
    expect(codes).toEqual([0, 0, 0, 0, 0]);
  });

  it.concurrent("fails a Job after its backoffLimit, each pod with its true exit code", async () => {
    await world.cluster.apply({
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name: "failing" },
      spec: { backoffLimit: 1, template: podTemplate({ restartPolicy: "Never", command: ["sh", "-c", "exit 42"] }) },
    });
    await world.cluster.kubectl("wait", "job/failing", "--for=condition=Failed", "--timeout=90s");
    expect((await world.pods("job-name=failing")).map(exitCode)).toEqual([42, 42]);
  });

  it.concurrent("takes a StatefulSet's re-created pod for a new one", async () => {
    const labels = { app: "db" };
    await world.cluster.apply({
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      metadata: { name: "db" },
      spec: { serviceName: "db", replicas: 1, selector: { matchLabels: labels }, template: podTemplate({ labels }) },
    });
    const first = await world.until("db-0", "is ready", isReady);
    await world.cluster.kubectl("delete", "pod", "db-0");
    const second = await world.until(
      "db-0",
      "is another one and ready",
      (pod) => pod.metadata?.uid !== first.metadata?.uid && isReady(pod),
    );
    expect(second.status?.containerStatuses?.[0]?.containerID).not.toBe(
      first.status?.containerStatuses?.[0]?.containerID,
    );
    expect(second.status?.containerStatuses?.[0]?.restartCount).toBe(0);
    await world.cluster.kubectl("delete", "statefulset", "db", "--wait=false");
  });

  it.concurrent("waits with the kubelet's reason for an image that does not exist, and leaves when told", async () => {
    await world.cluster.apply(podManifest("no-image", { image: "no.such.registry.example/nothing:1" }));
    await world.until("no-image", "waits for its image", (pod) => {
      const reason = pod.status?.containerStatuses?.[0]?.state?.waiting?.reason;
      return reason === "ErrImagePull" || reason === "ImagePullBackOff";
    });
    await world.cluster.kubectl("delete", "pod", "no-image", "--timeout=30s");
  });

  it.concurrent("takes env, ConfigMaps, Secrets and the downward API along", async () => {
    await world.cluster.apply([
      {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "settings" },
        data: { colour: "blue", "file.txt": "from a file" },
      },
      { apiVersion: "v1", kind: "Secret", metadata: { name: "keys" }, stringData: { token: "s3cret" } },
      podManifest("configured", {
        restartPolicy: "Never",
        command: ["sh", "-c", 'echo "$COLOUR $TOKEN $NAME $(cat /etc/settings/file.txt) $ADDRESS"'],
        container: {
          env: [
            { name: "COLOUR", valueFrom: { configMapKeyRef: { name: "settings", key: "colour" } } },
            { name: "TOKEN", valueFrom: { secretKeyRef: { name: "keys", key: "token" } } },
            { name: "NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
            { name: "ADDRESS", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
          ],
          volumeMounts: [{ name: "settings", mountPath: "/etc/settings" }],
        },
        spec: { volumes: [{ name: "settings", configMap: { name: "settings" } }] },
      }),
    ]);
    const pod = await world.until("configured", "has succeeded", hasPhase("Succeeded"));
    expect(await world.cluster.kubectl("logs", "configured")).toBe(
      `blue s3cret configured from a file ${pod.status?.podIP}\n`,
    );
    expect(world.burstlet.log()).not.toContain("s3cret");
  });

  it.concurrent("waits with CreateContainerConfigError for a ConfigMap and starts when it appears", async () => {
    const env = [{ name: "X", valueFrom: { configMapKeyRef: { name: "later", key: "x" } } }];
    await world.cluster.apply(podManifest("early", { container: { env } }));
    await world.until("early", "waits for its ConfigMap", (pod) => {
      return pod.status?.containerStatuses?.[0]?.state?.waiting?.reason === "CreateContainerConfigError";
    });
    await world.cluster.apply({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "later" }, data: { x: "1" } });
    await world.until("early", "is ready", isReady);
  });
});
