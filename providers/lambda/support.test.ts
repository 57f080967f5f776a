import { describe, expect, test } from "vitest";
import { describeSupportTable } from "../../test/contract/support-table.ts";
import { admitted } from "../../test/support/pods.ts";
import { podOf, podWith } from "../../test/support/resolve-sources.ts";
import { type Pod, supportFindings } from "../../src/provider.ts";
import { podAnnotations } from "./request.ts";
import { knownFields, supportOf, supportRows } from "./support.ts";

describeSupportTable(supportRows, knownFields, import.meta.dirname);

const found = (effect: "changed" | "refused", pod: Pod): string[] =>
  supportFindings(pod, supportOf({}), effect).map(({ path }) => path);
const never = { restartPolicy: "Never" } as const;
const main = "spec.containers[0]";
const annotated = (pod: Pod, annotations: Record<string, string>): Pod => ({
  ...pod,
  metadata: { ...pod.metadata, annotations },
});

test("a pod that never restarts runs with what Kubernetes adds by itself, and is told of its token alone", () => {
  const resources = { requests: { cpu: "100m", memory: "64Mi" } };
  const pod = admitted(podWith({ resources, image: "lambda://f" }, never));
  expect(found("refused", pod)).toEqual([]);
  expect(found("changed", pod)).toEqual(["spec.volumes[0].projected"]);
});

test("a pod that restarts on failure is told which end is final", () => {
  const pod = podWith({ image: "lambda://f" }, { restartPolicy: "OnFailure" });
  expect(found("refused", pod)).toEqual([]);
  expect(found("changed", pod)).toContain("spec.restartPolicy");
});

test("what a restricted namespace demands is kept", () => {
  const securityContext = {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ["ALL"] },
    runAsNonRoot: true,
    seccompProfile: { type: "RuntimeDefault" },
  };
  expect(found("refused", podWith({ securityContext }, never))).toEqual([]);
});

describe("refused is", () => {
  test.for<[what: string, pod: Pod, ...paths: string[]]>([
    ["a pod that always restarts", podOf({ restartPolicy: "Always" }), "spec.restartPolicy"],
    ["one that restarts by default", podOf({}), "spec.restartPolicy"],
    [
      "a second container",
      podOf({
        ...never,
        containers: [
          { name: "a", image: "x" },
          { name: "b", image: "x" },
        ],
      }),
      "spec.containers[1]",
    ],
    ["an init container", podOf({ ...never, initContainers: [{ name: "a", image: "x" }] }), "spec.initContainers"],
    ["a probe", podWith({ livenessProbe: { exec: { command: ["true"] } } }, never), `${main}.livenessProbe`],
    ["a port", podWith({ ports: [{ containerPort: 80 }] }, never), `${main}.ports`],
    ["a hook", podWith({ lifecycle: { preStop: { sleep: { seconds: 1 } } } }, never), `${main}.lifecycle.preStop`],
    ["an emptyDir", podOf({ ...never, volumes: [{ name: "a", emptyDir: {} }] }), "spec.volumes[0].emptyDir"],
    ["root", podWith({ securityContext: { runAsUser: 0 } }, never), `${main}.securityContext.runAsUser`],
    ["a GPU", podWith({ resources: { limits: { "nvidia.com/gpu": "1" } } }, never), `${main}.resources.limits`],
    [
      "its own address",
      podWith({ env: [{ name: "A", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } }] }, never),
      `${main}.env[0].valueFrom.fieldRef`,
    ],
    [
      "files where nobody can write",
      podWith(
        { volumeMounts: [{ name: "c", mountPath: "/etc/c" }] },
        { ...never, volumes: [{ name: "c", configMap: { name: "c" } }] },
      ),
      `${main}.volumeMounts[0].mountPath`,
    ],
  ])("%s", ([, pod, ...paths]) => {
    expect(found("refused", pod)).toEqual(paths);
  });
});

test("values of Secrets are refused by their field, and run where the annotation allows them", () => {
  const pod = podWith(
    {
      env: [{ name: "A", valueFrom: { secretKeyRef: { name: "s", key: "k" } } }],
      envFrom: [{ secretRef: { name: "s" } }],
      volumeMounts: [{ name: "s", mountPath: "/tmp/s" }],
    },
    {
      ...never,
      volumes: [
        { name: "s", secret: { secretName: "s" } },
        { name: "p", projected: { sources: [{ secret: { name: "s" } }] } },
        { name: "open", projected: { sources: [{ configMap: { name: "c" } }] } },
      ],
    },
  );
  expect(found("refused", pod)).toEqual([
    `${main}.env[0].valueFrom.secretKeyRef`,
    `${main}.envFrom[0].secretRef`,
    "spec.volumes[0].secret",
    "spec.volumes[1].projected",
  ]);
  expect(found("refused", annotated(pod, { [podAnnotations.secrets]: "payload" }))).toEqual([]);
  expect(found("refused", annotated(pod, { [podAnnotations.secrets]: "yes" }))).toHaveLength(4);
});

test("an image that is not run, because an annotation names the function, is told", () => {
  const pod = podWith({ image: "busybox" }, never);
  expect(found("changed", pod)).toEqual([]);
  expect(found("changed", annotated(pod, { [podAnnotations.function]: "f" }))).toEqual([`${main}.image`]);
  const both = annotated(podWith({ image: "lambda://f" }, never), { [podAnnotations.function]: "f" });
  expect(found("changed", both)).toEqual([]);
});
