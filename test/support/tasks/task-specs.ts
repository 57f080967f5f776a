import type { ContainerSpec, TaskSpec } from "../../../providers/local/runtime/runtime.ts";

/** A container that a runtime can run, with what a test says about it. */
export function containerSpec(change: Partial<ContainerSpec> = {}): ContainerSpec {
  return {
    name: "main",
    kind: "main",
    image: "busybox",
    imagePullPolicy: "IfNotPresent",
    command: undefined,
    args: undefined,
    workingDir: undefined,
    env: [],
    mounts: [],
    terminationMessagePath: "/dev/termination-log",
    terminationMessageFallback: false,
    stdin: false,
    stdinOnce: false,
    tty: false,
    ...change,
  };
}

/** A task of one container for pod uid `podUid`; different uids are different tasks. */
export function taskSpec(podUid: string, change: Partial<TaskSpec> = {}): TaskSpec {
  return {
    identity: { clusterUid: "cluster-1", podUid, attempt: 1 },
    token: `token-${podUid}-1-1`,
    podNamespace: "default",
    podName: `pod-${podUid}`,
    nodeName: "node-1",
    hostname: `pod-${podUid}`,
    hostAliases: [],
    dns: undefined,
    containers: [containerSpec()],
    volumes: [],
    pullCredentials: [],
    ...change,
  };
}

/** Environment of a container as a TaskSpec carries it. */
export function specEnv(values: Readonly<Record<string, string>>): ContainerSpec["env"] {
  return Object.entries(values).map(([name, value]) => ({ name, value }));
}
