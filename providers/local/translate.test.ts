import { describe, expect, test } from "vitest";
import { admitted, admittedWorld } from "../../test/support/pods.ts";
import { podOf, podWith, resolvedPod, type World } from "../../test/support/resolve-sources.ts";
import type { Pod, Translation } from "../../src/provider.ts";
import { supportRows } from "./support.ts";
import { ableWhere, type Where } from "./support/row.ts";
import { type LocalRequest, translate } from "./translate.ts";

async function translated(pod: Pod, world: World = {}, more: Partial<Where> = {}): Promise<Translation<LocalRequest>> {
  const where = { ...ableWhere("engine"), ...more };
  return translate(await resolvedPod(pod, world), supportRows(where), where);
}

describe("translate", () => {
  test("hands the runtime everything that the pod says, in order of start", async () => {
    const pod = admitted(
      podOf({
        initContainers: [
          { name: "first", image: "busybox:1", command: ["true"] },
          { name: "side", image: "busybox:1", restartPolicy: "Always" },
        ],
        containers: [
          {
            name: "main",
            image: "busybox:2",
            command: ["sh", "-c"],
            args: ["echo $(WHO)"],
            workingDir: "/tmp",
            env: [{ name: "WHO", value: "me" }],
            resources: { limits: { cpu: "500m", memory: "64Mi" } },
            terminationMessagePolicy: "FallbackToLogsOnError",
            stdin: true,
            stdinOnce: true,
            tty: true,
            volumeMounts: [{ name: "scratch", mountPath: "/scratch", readOnly: true }],
          },
        ],
        hostAliases: [{ ip: "192.0.2.1", hostnames: ["db"] }],
        volumes: [{ name: "scratch", emptyDir: {} }],
      }),
    );
    const { request, refusals } = await translated(pod, admittedWorld);
    expect(refusals).toEqual([]);
    expect(request).toMatchObject({
      podNamespace: "ns",
      podName: "web",
      nodeName: "virtual-1",
      hostname: "web",
      hostAliases: [{ ip: "192.0.2.1", hostnames: ["db"] }],
      dns: undefined,
    });
    expect(request?.containers.map(({ name, kind }) => `${kind} ${name}`)).toEqual([
      "init first",
      "sidecar side",
      "main main",
    ]);
    expect(request?.containers[2]).toMatchObject({
      image: "busybox:2",
      imagePullPolicy: "IfNotPresent",
      command: ["sh", "-c"],
      args: ["echo me"],
      workingDir: "/tmp",
      env: [{ name: "WHO", value: "me" }],
      cpuLimit: 0.5,
      memoryLimit: 64 * 2 ** 20,
      terminationMessagePath: "/dev/termination-log",
      terminationMessageFallback: true,
      stdin: true,
      stdinOnce: true,
      tty: true,
    });
    expect(request?.containers[2]?.mounts).toContainEqual({ volume: "scratch", path: "/scratch", readOnly: true });
    expect(request?.volumes.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
      "scratch emptyDir",
      "kube-api-access-x7k2p files",
    ]);
  });

  test("takes the pod's own resolver where it is whole, and refuses to add to the host's", async () => {
    const own = await translated(podOf({ dnsPolicy: "None", dnsConfig: { nameservers: ["192.0.2.53"] } }));
    expect(own.request?.dns).toEqual({ nameservers: ["192.0.2.53"], searches: [], options: [] });
    const added = await translated(
      podOf({ dnsPolicy: "Default", dnsConfig: { options: [{ name: "ndots", value: "2" }] } }),
    );
    expect(added.refusals.map(({ path }) => path)).toEqual(["spec.dnsConfig"]);
  });

  test("hands on which images are volumes", async () => {
    const image = { reference: "data:1", pullPolicy: "Always" };
    const pod = podWith({ volumeMounts: [{ name: "v", mountPath: "/v" }] }, { volumes: [{ name: "v", image }] });
    const { request } = await translated(pod);
    expect(request?.imageVolumes).toEqual([{ name: "v", image: "data:1", imagePullPolicy: "Always" }]);
    expect(request?.volumes).toEqual([]);
  });

  test("hands on what the pod has of the host", async () => {
    const volumes = [
      { name: "there", hostPath: { path: "/etc" } },
      { name: "made", hostPath: { path: "/srv/x", type: "DirectoryOrCreate" } },
    ];
    const { request } = await translated(podOf({ hostNetwork: true, volumes }), {}, { privileged: true });
    expect(request).toMatchObject({
      hostNetwork: true,
      hostPaths: [
        { name: "there", path: "/etc", create: false },
        { name: "made", path: "/srv/x", create: true },
      ],
    });
  });

  test("shows no secret when printed", async () => {
    const env = [{ name: "PASSWORD", valueFrom: { secretKeyRef: { name: "db", key: "password" } } }];
    const pod = podWith(
      { env, args: ["--password=$(PASSWORD)"] },
      { volumes: [{ name: "v", secret: { secretName: "db" } }] },
    );
    const { request } = await translated(pod, { secrets: { db: { data: { password: "hunter2" } } } });
    expect(JSON.stringify(request)).toContain("[secret]");
    expect(JSON.stringify(request)).not.toContain("hunter2");
  });

  test("refuses to tell a pod its address where it has none, and says where it asks", async () => {
    const fieldRef = { fieldPath: "status.podIP" };
    const pod = podWith({ env: [{ name: "IP", valueFrom: { fieldRef } }], command: ["serve", "$(IP)"] });
    expect((await translated(pod)).refusals).toEqual([]);
    const { refusals } = await translated(pod, {}, { taskAddresses: false });
    expect(refusals.map(({ path }) => path)).toEqual(["spec.containers[0].env (IP)", "spec.containers[0].command"]);
  });

  test("collects the reasons of the table and its own", async () => {
    const pod = podOf({ hostPID: true, dnsPolicy: "Default", dnsConfig: { searches: ["example.org"] } });
    const { refusals, request } = await translated(pod);
    expect(refusals.map(({ path }) => path)).toEqual(["spec.hostPID", "spec.dnsConfig"]);
    expect(request).toBeUndefined();
  });
});
