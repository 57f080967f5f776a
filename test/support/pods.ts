import type { Container, Pod } from "../../src/model/kube.ts";
import type { World } from "./resolve-sources.ts";

/** What `resolve` needs to find for the pods of `admitted`. */
export const admittedWorld: World = { configMaps: { "kube-root-ca.crt": { data: { "ca.crt": "-----BEGIN…" } } } };

/**
 * The pod as a node gets to see it: with every field that kube-apiserver 1.36, its admission plugins and the scheduler
 * add to a pod whose author wrote none of them.
 */
export function admitted(pod: Pod): Pod {
  const { spec = { containers: [] } } = pod;
  return {
    ...pod,
    spec: {
      ...spec,
      containers: spec.containers.map(defaultedContainer),
      ...(spec.initContainers && { initContainers: spec.initContainers.map(defaultedContainer) }),
      volumes: [...(spec.volumes ?? []), tokenVolume],
      dnsPolicy: spec.dnsPolicy ?? "ClusterFirst",
      enableServiceLinks: spec.enableServiceLinks ?? true,
      nodeName: "virtual-1",
      preemptionPolicy: "PreemptLowerPriority",
      priority: 0,
      restartPolicy: spec.restartPolicy ?? "Always",
      schedulerName: "default-scheduler",
      securityContext: spec.securityContext ?? {},
      serviceAccount: "default",
      serviceAccountName: "default",
      terminationGracePeriodSeconds: spec.terminationGracePeriodSeconds ?? 30,
      tolerations: [
        ...(spec.tolerations ?? []),
        ...["not-ready", "unreachable"].map((taint) => ({
          effect: "NoExecute",
          key: `node.kubernetes.io/${taint}`,
          operator: "Exists",
          tolerationSeconds: 300,
        })),
      ],
    },
  };
}

const tokenVolume = {
  name: "kube-api-access-x7k2p",
  projected: {
    defaultMode: 420,
    sources: [
      { serviceAccountToken: { expirationSeconds: 3607, path: "token" } },
      { configMap: { items: [{ key: "ca.crt", path: "ca.crt" }], name: "kube-root-ca.crt" } },
      {
        downwardAPI: {
          items: [{ fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" }, path: "namespace" }],
        },
      },
    ],
  },
};

function defaultedContainer(container: Container): Container {
  return {
    imagePullPolicy: "IfNotPresent",
    resources: {},
    terminationMessagePath: "/dev/termination-log",
    terminationMessagePolicy: "File",
    ...container,
    ...(container.ports && { ports: container.ports.map((port) => ({ protocol: "TCP", ...port })) }),
    volumeMounts: [
      ...(container.volumeMounts ?? []),
      { mountPath: "/var/run/secrets/kubernetes.io/serviceaccount", name: tokenVolume.name, readOnly: true },
    ],
  };
}
