/** What a node on Container Instances needs around it: a set-up in Azure that is right, and claims of shares. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually, soon } from "../support/eventually.ts";
import { describeWith } from "../support/requirements.ts";
import { type AciWorld, groupsOf, startAciWorld } from "./worlds/aci-world.ts";
import { waitsFor } from "./worlds/fargate-world.ts";
import { hasPhase, podManifest } from "./worlds/world.ts";

const rights = readFileSync(join(import.meta.dirname, "../../deploy/rbac-volumes.yaml"), "utf8");
const driver = "file.csi.azure.com";
const volume = {
  apiVersion: "v1",
  kind: "PersistentVolume",
  metadata: { name: "share" },
  spec: {
    capacity: { storage: "1Gi" },
    accessModes: ["ReadWriteMany"],
    storageClassName: "",
    csi: {
      driver,
      volumeHandle: "rg#shares1#data#",
      nodeStageSecretRef: { name: "shares1", namespace: "default" },
    },
  },
};
const claim = {
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name: "data" },
  spec: {
    accessModes: ["ReadWriteMany"],
    storageClassName: "",
    volumeName: "share",
    resources: { requests: { storage: "1Gi" } },
  },
};
const secret = {
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "shares1" },
  stringData: { azurestorageaccountname: "shares1", azurestorageaccountkey: "hunter2" },
};

describeWith(["go", "namespaces", "root"], "a node on Container Instances", () => {
  let cloud: AciWorld;
  beforeAll(async () => {
    cloud = await startAciWorld({ scenario: { azure: { registered: false, shares: ["shares1/data"] } } });
  });
  afterAll(() => cloud?.stop());

  it("whose set-up is not right says so by condition and taint, launches nothing, and runs pods once it is mended", async () => {
    const { world, azure } = cloud;
    const ready = async () =>
      (await world.node()).status?.conditions?.find(({ type }) => type === "burstlet.dev/ProviderReady");
    const condition = await eventually("the node says it", async () => {
      const seen = await ready();
      return seen?.reason === "PreflightFailed" && seen;
    });
    const fix = "az provider register --namespace Microsoft.ContainerInstance --wait";
    expect(condition.status).toBe("False");
    expect(condition.message).toContain(fix);
    // Condition and taint are two writes.
    await eventually("the node is tainted", async () =>
      (await world.node()).spec?.taints?.some(({ key }) => key === "burstlet.dev/provider-not-ready"),
    );
    const bound = { nodeName: "burst-aci" };
    await world.cluster.apply(podManifest("waits", { image: "scripted", spec: bound, restartPolicy: "Never" }));
    const pod = await world.until("waits", "says why", (one) => waitsFor(one) === "PreflightFailed");
    expect(pod.status?.containerStatuses?.[0]?.state?.waiting?.message).toContain(fix);
    expect(azure.calls.of("arm:PutContainerGroup")).toBe(0);

    azure.scenario.change({ azure: { registered: true } });
    await eventually("the node is well", async () => (await ready())?.status === "True");
    await world.until("waits", "runs", hasPhase("Running"));
    expect(groupsOf(cloud)).toHaveLength(1);
  });

  it("mounts the share of a claim once it may read claims, and tells nobody its key", async () => {
    const { world } = cloud;
    for (const object of [volume, claim, secret]) await world.cluster.apply(object);
    const spec = { nodeName: "burst-aci", volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data" } }] };
    const container = { volumeMounts: [{ name: "data", mountPath: "/data" }] };
    await world.cluster.apply(podManifest("shares", { image: "scripted", spec, container, restartPolicy: "Never" }));
    const waiting = await world.until("shares", "waits", (one) => waitsFor(one) === "CreateContainerConfigError");
    expect(waiting.status?.containerStatuses?.[0]?.state?.waiting?.message).toMatch(
      /persistentvolumeclaim.*kubectl apply -f deploy\/rbac-volumes\.yaml/,
    );
    await soon(() => expect(world.burstlet.log()).toContain("deploy/rbac-volumes.yaml"));

    await world.cluster.apply(rights);
    const pod = await world.until("shares", "runs", hasPhase("Running"));
    const [group] = groupsOf(cloud, pod);
    expect(group).toBeDefined();
    expect(world.burstlet.log()).not.toContain("hunter2");
  });
});
