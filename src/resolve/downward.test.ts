import { expect, test } from "vitest";
import type { Container, Pod } from "../model/kube.ts";
import { podOf, podWith, problemsOf, resolvedPod, shown, testNode } from "../../test/support/resolve-sources.ts";
import { resourceField } from "./downward.ts";
import { collect } from "./resolution.ts";
import type { ResolveNode } from "./resolve.ts";

const metadata: Pod["metadata"] = {
  labels: { app: "web", "example.com/tier": "front" },
  annotations: { note: 'two\nlines "q" \\ tab\t', "example.com/x": "y" },
};

async function variable(fieldPath: string, node: Partial<ResolveNode> = {}): Promise<string> {
  const env = [{ name: "V", valueFrom: { fieldRef: { apiVersion: "v1", fieldPath } } }];
  const pod = podOf({ containers: [{ name: "main", image: "busybox:1", env }] }, metadata);
  return shown((await resolvedPod(pod, {}, node)).containers[0]?.env[0]?.value ?? "absent");
}

test.for<[fieldPath: string, value: string]>([
  ["metadata.name", "web"],
  ["metadata.namespace", "ns"],
  ["metadata.uid", "uid-1"],
  ["metadata.labels", 'app="web"\nexample.com/tier="front"'],
  ["metadata.labels['app']", "web"],
  ["metadata.labels['example.com/tier']", "front"],
  ["metadata.labels['absent']", ""],
  ["metadata.annotations['example.com/x']", "y"],
  ["metadata.annotations", 'example.com/x="y"\nnote="two\\nlines \\"q\\" \\\\ tab\\t"'],
  ["spec.nodeName", "virtual-1"],
  ["spec.host", "virtual-1"],
  ["spec.serviceAccountName", "robot"],
  ["status.podIP", "<podIP>"],
  ["status.podIPs", "<podIPs>"],
  ["status.hostIP", "<hostIP>"],
  ["status.hostIPs", "<hostIPs>"],
])("%s is %j", async ([fieldPath, value]) => {
  expect(await variable(fieldPath)).toBe(value);
});

test("the host's address is known at once where the node has one", async () => {
  expect(await variable("status.hostIP", { hostIP: "192.0.2.1" })).toBe("192.0.2.1");
  expect(await variable("status.hostIPs", { hostIP: "192.0.2.1" })).toBe("192.0.2.1");
});

test("labels and annotations are quoted as Go does it", async () => {
  // The text is what k8s.io/kubernetes v1.36.3 gives (pkg/fieldpath FormatMap).
  const value = "ü 😀 \u0001 \u007f \u00a0 \u200b \u2028 \ue000 \u{e0001} \u0007\b\f\r\v";
  const fieldRef = { fieldPath: "metadata.annotations" };
  const pod = podOf(
    { containers: [{ name: "main", image: "busybox:1", env: [{ name: "V", valueFrom: { fieldRef } }] }] },
    { annotations: { a: value } },
  );
  const { containers } = await resolvedPod(pod);
  expect(containers[0]?.env[0]?.value).toBe(
    String.raw`a="ü 😀 \x01 \x7f \u00a0 \u200b \u2028 \ue000 \U000e0001 \a\b\f\r\v"`,
  );
});

test.for([
  "spec.restartPolicy",
  "status.phase",
  "metadata.finalizers",
  "metadata.uid['a']",
  "spec.nodeName['a']",
  "xmetadata.labels['a']",
  "metadata.labels['a']x",
])("%s cannot be asked for", async (fieldPath) => {
  const env = [{ name: "V", valueFrom: { fieldRef: { fieldPath } } }];
  expect(await problemsOf(podWith({ env }))).toEqual([
    `invalid spec.containers[0].env[0].valueFrom.fieldRef: unsupported fieldPath: ${fieldPath}`,
  ]);
});

test.for(["status.podIP", "spec.nodeName", "spec.serviceAccountName"])("a file cannot hold %s", async (fieldPath) => {
  const volumes = [{ name: "v", downwardAPI: { items: [{ path: "f", fieldRef: { fieldPath } }] } }];
  expect(await problemsOf(podOf({ volumes }))).toEqual([
    `invalid spec.volumes[0].downwardAPI.items[0].fieldRef: unsupported fieldPath: ${fieldPath}`,
  ]);
});

async function amount(resource: string, divisor: string | undefined, container: Partial<Container>): Promise<string> {
  const resourceFieldRef = { resource, ...(divisor === undefined ? {} : { divisor }) };
  const env = [{ name: "V", valueFrom: { resourceFieldRef } }];
  return shown((await resolvedPod(podWith({ ...container, env }))).containers[0]?.env[0]?.value ?? "absent");
}

// What k8s.io/kubernetes v1.36.3 gives (pkg/api/v1/resource ExtractContainerResourceValue).
test.for<[name: string, limit: string, divisor: string, value: string]>([
  ["cpu", "250m", "0", "1"],
  ["cpu", "250m", "1m", "250"],
  ["cpu", "1500m", "1", "2"],
  ["cpu", "0.1m", "1m", "1"],
  ["cpu", "2", "300m", "7"],
  ["cpu", "1", "0.5m", "1000"],
  ["memory", "64Mi", "1Mi", "64"],
  ["memory", "64Mi", "0", "67108864"],
  ["memory", "65M", "1Mi", "62"],
  ["memory", "1500m", "1", "2"],
  ["memory", "1Gi", "1G", "2"],
  ["memory", "10", "1m", "10"],
  ["ephemeral-storage", "1G", "1Ki", "976563"],
  ["hugepages-2Mi", "4Mi", "1Mi", "4"],
])("a limit of %s %s counted in %s is %s", async ([name, limit, divisor, value]) => {
  expect(await amount(`limits.${name}`, divisor, { resources: { limits: { [name]: limit } } })).toBe(value);
});

test.for<[resource: string, divisor: string | undefined, value: string]>([
  ["limits.cpu", undefined, "4"],
  ["limits.cpu", "1m", "4000"],
  ["limits.memory", "1Gi", "8"],
  ["limits.ephemeral-storage", "1Gi", "20"],
  ["limits.hugepages-2Mi", "1", "0"],
  ["requests.cpu", "1m", "0"],
  ["requests.memory", "1", "0"],
])("without any limit, %s in %s is %s", async ([resource, divisor, value]) => {
  expect(await amount(resource, divisor, {})).toBe(value);
});

test("a limit of 0 is none", async () => {
  expect(await amount("limits.cpu", "1m", { resources: { limits: { cpu: "0" } } })).toBe("4000");
});

test("a request that is not written is the limit", async () => {
  expect(await amount("requests.cpu", "1m", { resources: { limits: { cpu: "2" } } })).toBe("2000");
  expect(await amount("requests.cpu", "1m", { resources: { limits: { cpu: "2" }, requests: { cpu: "1" } } })).toBe(
    "1000",
  );
});

test("limits of the pod stand before what the node has, where the pod may set them", async () => {
  const ref = (resource: string) => ({ name: resource, valueFrom: { resourceFieldRef: { resource, divisor: "1Mi" } } });
  const pod = podWith(
    { env: [ref("limits.memory"), ref("limits.ephemeral-storage")] },
    { resources: { limits: { memory: "100Mi", "ephemeral-storage": "1Mi" } } },
  );
  const { containers } = await resolvedPod(pod);
  expect(containers[0]?.env.map(({ value }) => value)).toEqual(["100", "20480"]);
});

test("a container can ask about another one, and files must", async () => {
  const resourceFieldRef = { containerName: "side", resource: "limits.cpu", divisor: "1m" };
  const pod = podOf({
    initContainers: [{ name: "side", image: "busybox:1", resources: { limits: { cpu: "300m" } } }],
    containers: [{ name: "main", image: "busybox:1", env: [{ name: "V", valueFrom: { resourceFieldRef } }] }],
    volumes: [{ name: "v", downwardAPI: { items: [{ path: "f", resourceFieldRef }] } }],
  });
  const { containers, volumes } = await resolvedPod(pod);
  expect(containers[1]?.env[0]?.value).toBe("300");
  expect(volumes[0]).toMatchObject({ files: [{ path: "f", content: "300" }] });
});

test.for<[ref: { containerName?: string; resource: string; divisor?: string }, message: string]>([
  [{ containerName: "nobody", resource: "limits.cpu" }, "container nobody not found"],
  [{ resource: "limits.gpu" }, "unsupported container resource : limits.gpu"],
  [{ resource: "cpu" }, "unsupported container resource : cpu"],
  [{ resource: "limits.cpus" }, "unsupported container resource : limits.cpus"],
  [{ resource: "xlimits.cpu" }, "unsupported container resource : xlimits.cpu"],
  [{ resource: "limits.cpu", divisor: "one" }, 'divisor "one" is no quantity'],
  [{ resource: "limits.cpu", divisor: "-1" }, 'divisor "-1" is no quantity'],
])("%j is refused: %s", async ([resourceFieldRef, message]) => {
  const env = [{ name: "V", valueFrom: { resourceFieldRef } }];
  expect(await problemsOf(podWith({ env }))).toEqual([
    `invalid spec.containers[0].env[0].valueFrom.resourceFieldRef: ${message}`,
  ]);
});

test("a file that names no container asks about none", async () => {
  const items = [{ path: "f", resourceFieldRef: { resource: "limits.cpu" } }];
  expect(await problemsOf(podOf({ volumes: [{ name: "v", downwardAPI: { items } }] }))).toEqual([
    "invalid spec.volumes[0].downwardAPI.items[0].resourceFieldRef: container  not found",
  ]);
});

test.for<[limit: string, value: string]>([
  ["0", "4000"],
  ["lots", "4000"],
  ["2", "2000"],
])("a pod's limit of %s makes %s thousandths of a core", async ([cpu, value]) => {
  const pod = podOf({ resources: { limits: { cpu } } });
  const ref = { resource: "limits.cpu", divisor: "1m" };
  expect(collect(resourceField(pod, testNode, ref, { name: "main" }, { path: "" })).value).toBe(value);
});

test("a node of half a core and odd bytes is counted exactly", async () => {
  const env = [
    { name: "CPU", valueFrom: { resourceFieldRef: { resource: "limits.cpu", divisor: "1m" } } },
    { name: "MEMORY", valueFrom: { resourceFieldRef: { resource: "limits.memory" } } },
    { name: "DISK", valueFrom: { resourceFieldRef: { resource: "limits.ephemeral-storage" } } },
  ];
  const allocatable = { ...testNode.allocatable, cpu: 0.1, memory: 1234.5, ephemeralStorage: 99.9 };
  const { containers } = await resolvedPod(podWith({ env }), {}, { allocatable });
  expect(containers[0]?.env.map(({ value }) => value)).toEqual(["100", "1234", "99"]);
});
