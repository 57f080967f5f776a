import { expect, test } from "vitest";
import { admitted } from "../../../test/support/pods.ts";
import { podOf } from "../../../test/support/resolve-sources.ts";
import { type Pod, supportFindings } from "../../../src/provider.ts";
import { tokenAnnotation } from "../files/token.ts";
import { supportRows } from "../support.ts";

const rows = supportRows({ network: "none", readiness: "refuse", exec: false });
const paths = (effect: "changed" | "refused", pod: Pod) => supportFindings(pod, rows, effect).map(({ path }) => path);
const refusedPaths = (pod: Pod) => paths("refused", pod);
const changedPaths = (pod: Pod) => paths("changed", pod);

test("a pod with files and names of hosts of its own runs, and is told nothing but the price of its tokens", () => {
  const token = { serviceAccountToken: { path: "t" } };
  const pod = podOf({
    dnsPolicy: "None",
    dnsConfig: { nameservers: ["192.0.2.1"] },
    hostAliases: [{ ip: "192.0.2.1", hostnames: ["db"] }],
    imagePullSecrets: [{ name: "registry" }],
    securityContext: { fsGroup: 1, runAsUser: 5 },
    volumes: [
      { name: "c", configMap: { name: "c", items: [{ key: "k", path: "folder/k" }] } },
      { name: "s", secret: { secretName: "s" } },
      { name: "d", downwardAPI: { items: [] } },
      { name: "p", projected: { sources: [token] } },
    ],
    containers: [
      {
        name: "m",
        image: "a",
        envFrom: [{ secretRef: { name: "s" } }],
        env: [{ name: "A", valueFrom: { secretKeyRef: { name: "s", key: "k" } } }],
        volumeMounts: [{ name: "c", mountPath: "/c", subPath: "folder" }],
      },
    ],
  });
  expect(refusedPaths(pod)).toEqual([]);
  expect(changedPaths(pod)).toEqual(["spec.volumes[3].projected"]);
});

test("a pod with an annotation for its token is told what that costs, and not that it is left out", () => {
  const pod = admitted(podOf({}, { annotations: { [tokenAnnotation]: "true" } }));
  const told = supportFindings(pod, rows, "changed");
  expect(told.map(({ sentence }) => sentence)).toEqual([expect.stringContaining("one a second")]);
});

test("a pod without the group of its volumes is told so", () => {
  const changes = (securityContext: object) => changedPaths(podOf({ securityContext }));
  expect(changes({ fsGroup: 1 })).toEqual(["spec.securityContext.fsGroup"]);
  expect(changes({ fsGroup: 1, runAsUser: 5, runAsGroup: 1 })).toEqual([]);
  expect(changes({ fsGroup: 1, runAsUser: 0, runAsGroup: 2 })).toEqual([]);
});
