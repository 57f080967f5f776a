import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { describeWith } from "../support/requirements.ts";
import {
  hasPhase,
  isReady,
  nodeName,
  onVirtualNode,
  podManifest,
  podTemplate,
  startWorld,
  type World,
} from "./worlds/world.ts";

const refused = { hostNetwork: true, hostPID: true };

describeWith(["go", "namespaces", "root", "busybox"], "pods that cannot run here", () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world?.stop());

  it.concurrent("fails a bare pod with every reason in its status and in one event", async () => {
    // What can never be resolved and what is missing keep nothing else from being told.
    const env = [{ name: "EVEN", valueFrom: { configMapKeyRef: { name: "absent", key: "k" } } }];
    const volumeMounts = [{ name: "v", mountPath: "/v", subPathExpr: "$(POD_IP)" }];
    const own = { name: "POD_IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } };
    const spec = { ...refused, volumes: [{ name: "v", emptyDir: {} }] };
    await world.cluster.apply(podManifest("bare", { spec, container: { env: [...env, own], volumeMounts } }));
    const pod = await world.until("bare", "has failed", hasPhase("Failed"));
    expect(pod.status?.reason).toBe("ProviderRefused");
    expect(pod.status?.message).toContain("spec.hostNetwork");
    expect(pod.status?.message).toContain("spec.hostPID");
    const events = await eventually("its event", async () => {
      const told = (await world.eventsOf("bare")).filter((event) => event.startsWith("ProviderRefused"));
      return told.length > 0 && told;
    });
    expect(events).toHaveLength(1);
    expect(events[0]).toContain("spec.hostPID");
    expect(events[0]).toContain("spec.containers[0].volumeMounts[0].subPathExpr");
    expect((await world.eventsOf("bare")).filter((event) => event.includes("absent"))).toEqual([]);
    await expect(world.cluster.kubectl("logs", "bare")).rejects.toThrow(
      /"bare" does not start, because the pod was refused: ProviderRefused: spec\.hostNetwork: .*spec\.hostPID: /,
    );
  });

  it.concurrent("tells whoever asks for an ephemeral container that cannot be, or another image, and the pod runs on", async () => {
    const serves = "echo hello; mkdir /w; echo from the pod > /w/index.html; httpd -p 8080 -h /w; sleep 3600";
    await world.cluster.apply(podManifest("debugged", { command: ["sh", "-c", serves] }));
    const before = await world.until("debugged", "is ready", isReady);
    const debug = ["debug", "debugged", "--image=busybox", "--profile=baseline", "--attach"];
    const targeted = [...debug, "--target=main", "-c", "tools", "--", "true"];
    const bare = ["debug", "debugged", "--image=busybox", "--attach", "-c", "usual", "--", "true"];
    await expect(world.cluster.kubectl(...bare)).rejects.toThrow(/"usual" .* cannot run: .* with --profile=baseline/);
    await expect(world.cluster.kubectl(...targeted)).rejects.toThrow(/"tools" .* cannot run: .*leave the target out/);
    const pod = await world.pod("debugged");
    expect(pod.status?.ephemeralContainerStatuses?.[0]?.state?.terminated?.reason).toBe("ContainerCannotRun");
    expect(pod.status?.containerStatuses).toEqual(before.status?.containerStatuses);
    // What the sentence recommends does work, and so does a copy.
    const reads = "until wget -qO- http://127.0.0.1:8080/; do sleep 0.1; done 2>/dev/null";
    const beside = [...debug, "-c", "beside", "--", "sh", "-c", reads];
    expect(await world.cluster.kubectl(...beside)).toContain("from the pod");
    const copy = ["debug", "debugged", "--copy-to=copied", "--share-processes=false", "--profile=baseline"];
    await world.cluster.kubectl(...copy, "--image=busybox", "-c", "tools", "--", "sleep", "3600");
    await world.until("copied", "is ready", isReady);
    await world.cluster.kubectl("set", "image", "pod/debugged", "main=busybox:other");
    await eventually("the new image is told not to be applied", async () =>
      (await world.eventsOf("debugged")).some((event) => event.startsWith("ImageChangeNotApplied")),
    );
    const told = await eventually("their events", async () => {
      const events = (await world.eventsOf("debugged")).filter((event) => event.startsWith("Failed"));
      return events.length > 1 && events;
    });
    expect(told.toSorted()).toEqual([
      expect.stringContaining("with --profile=baseline it does not"),
      expect.stringContaining("leave the target out"),
    ]);
    const logs = ["logs", "debugged", "-c", "main"];
    expect(await eventually("its output", async () => world.cluster.kubectl(...logs))).toBe("hello\n");
  });

  it.concurrent("refuses the pod by which kubectl debugs a machine, and runs it when it asks for none", async () => {
    const debug = ["debug", `node/${nodeName}`, "--image=busybox"];
    const podOf = (said: string) => /pod (node-debugger-\S+) with/.exec(said)?.[1] ?? "";
    const ofMachine = podOf(await world.cluster.kubectl(...debug, "--", "true"));
    const message = (await world.until(ofMachine, "has failed", hasPhase("Failed"))).status?.message;
    for (const field of ["hostPID", "hostNetwork", "hostIPC", "hostPath"]) expect(message).toContain(field);
    const usual = podOf(await world.cluster.kubectl(...debug, "--profile=baseline", "--", "true"));
    await world.until(usual, "has ended", hasPhase("Succeeded"));
  });

  it.concurrent("refuses a DaemonSet's pod with one event that names the affinity to add", async () => {
    const labels = { app: "everywhere" };
    const template = podTemplate({ labels, spec: { tolerations: [{ operator: "Exists" }] } });
    await world.cluster.apply({
      apiVersion: "apps/v1",
      kind: "DaemonSet",
      metadata: { name: "everywhere" },
      spec: {
        selector: { matchLabels: labels },
        template: { ...template, spec: { ...template.spec, nodeSelector: onVirtualNode.nodeSelector } },
      },
    });
    const pod = await eventually("the DaemonSet's pod is refused", async () => {
      const [one] = await world.pods("app=everywhere");
      return one?.status?.containerStatuses?.[0]?.state?.waiting?.reason === "ProviderRefused" && one;
    });
    expect(pod.status?.phase).toBe("Pending");
    const told = await eventually("its event", async () => {
      const events = (await world.eventsOf(pod.metadata?.name ?? "")).filter((event) =>
        event.startsWith("ProviderRefused"),
      );
      return events.length > 0 && events;
    });
    expect(told).toHaveLength(1);
    expect(told[0]).toContain("type NotIn [virtual-kubelet]");
  });
});
