import {
  changed,
  inContainers,
  is,
  isNot,
  isSet,
  kept,
  type Pod,
  refused,
  writtenContainers,
  quietly,
} from "../../../src/provider.ts";
import { hookRows } from "./hook-rows.ts";
import { probeRows } from "./probe-rows.ts";
import type { AciRow } from "./row.ts";

const counted = ["cpu", "memory", "ephemeral-storage"];
const podAddresses: readonly unknown[] = ["status.podIP", "status.podIPs"];

/** Fields of containers, but for security. */
export const containerRows: readonly AciRow[] = [
  ...inContainers((at) => [
    {
      path: `${at}.args`,
      effect: "refused",
      sentence:
        "Azure replaces entry point and arguments of an image together, and nobody here knows the image's entry point: set command too.",
      find: (pod) => argsAlone(pod, at.slice(0, -1)),
    },
    kept(`${at}.args`, "Kept, beside a command."),
    kept(`${at}.command`, "Kept."),
    ...environment(at),
    kept(`${at}.image`, "Kept: of Linux on amd64, and of at most 15 GB."),
    refused(
      `${at}.imagePullPolicy`,
      "Every group has a new machine, which has no images: use another policy than Never.",
      is("Never"),
    ),
    kept(
      `${at}.imagePullPolicy`,
      "Both others are kept: every group pulls its images, by the digest that Azure finds first.",
    ),
    ...hookRows(`${at}.lifecycle`),
    kept(`${at}.name`, "Kept."),
    ...ports(`${at}.ports[]`),
    ...probeRows(at),
    kept(`${at}.resizePolicy`, "Kept, and without effect: a resize of a pod that runs is answered Infeasible."),
    ...resources(`${at}.resources`),
    refused(
      `${at}.restartPolicyRules[].action`,
      "A group has one policy for all containers and all exit codes: remove the rules.",
    ),
    kept(`${at}.restartPolicyRules[].exitCodes`, "Means something only in a rule, which is refused."),
    refused(
      `${at}.stdin`,
      "Containers of Azure have no input, so that the program would read its end at once: remove stdin.",
      is(true),
    ),
    kept(`${at}.stdinOnce`, "Means something only beside stdin, which is refused."),
    changed(
      `${at}.terminationMessagePath`,
      "The file of the container's last words is not read: write them to its log.",
      isNot("/dev/termination-log"),
    ),
    changed(
      `${at}.terminationMessagePolicy`,
      "Last words of a container are not told in its status: its log has them.",
      isNot("File"),
    ),
    changed(`${at}.tty`, "Azure gives no terminal to the program: its output may look otherwise.", is(true)),
    refused(`${at}.volumeDevices`, "Block devices are not available here: remove volumeDevices."),
    ...mounts(`${at}.volumeMounts[]`),
    refused(
      `${at}.workingDir`,
      "Azure starts programs in the image's directory: set command to sh -c 'cd …' where the image has a shell.",
    ),
  ]),
  ...restartRows(),
];

/** Paths of arguments without a command. `list`: as paths of its containers begin. */
function argsAlone(pod: Pod, list: string): readonly string[] {
  return writtenContainers(pod).flatMap(({ container, path }) =>
    path.startsWith(list) && isSet(container.args) && !isSet(container.command) ? [`${path}.args`] : [],
  );
}

/** A container's own policy is possible as far as it is the group's. */
function restartRows(): readonly AciRow[] {
  const other = (list: "containers" | "initContainers", allowed: readonly unknown[]) => (pod: Pod) =>
    (pod.spec?.[list] ?? []).flatMap(({ restartPolicy: own }, index) =>
      isSet(own) && !allowed.includes(own) && own !== (pod.spec?.restartPolicy ?? "Always")
        ? [`spec.${list}[${index}].restartPolicy`]
        : [],
    );
  const sentence = "A group has one restart policy for all its containers: use the pod's.";
  return [
    kept("spec.containers[].restartPolicy", "Kept where it is the pod's own."),
    { path: "spec.containers[].restartPolicy", effect: "refused", sentence, find: other("containers", []) },
    {
      path: "spec.initContainers[].restartPolicy",
      effect: "refused",
      sentence,
      find: other("initContainers", ["Always"]),
    },
    {
      path: "spec.initContainers[].restartPolicy",
      effect: "refused",
      sentence:
        "Azure knows no sidecars, and a container in its place would keep the group running after the pod's work is done: let the main container end it, or set the pod's restartPolicy to Always.",
      find: (pod) =>
        pod.spec?.restartPolicy === "Never" || pod.spec?.restartPolicy === "OnFailure" ? sidecars(pod, false) : [],
    },
    {
      path: "spec.initContainers[].restartPolicy",
      effect: "refused",
      sentence:
        "Azure knows no sidecars, so it would start after the init containers that follow it: put it behind them.",
      find: (pod) => sidecars(pod, true),
    },
    {
      path: "spec.initContainers[].restartPolicy",
      effect: "changed",
      sentence: "Azure knows no sidecars: it starts with the main containers, which do not wait for it.",
      find: (pod) => sidecars(pod, false),
    },
  ];
}

/** Paths of sidecars; `early`: of those alone that an init container comes after. */
function sidecars(pod: Pod, early: boolean): readonly string[] {
  const written = writtenContainers(pod);
  return written.flatMap(({ kind, path }, index) =>
    kind === "sidecar" && (!early || written.slice(index).some((later) => later.kind === "init"))
      ? [`${path}.restartPolicy`]
      : [],
  );
}

function environment(at: string): readonly AciRow[] {
  return [
    kept(`${at}.env[].name`, "Kept: letters, digits and underscores, at most 63."),
    kept(`${at}.env[].value`, "Kept, with $(VAR) expanded."),
    kept(`${at}.env[].valueFrom.configMapKeyRef`, "Kept: read when the pod starts."),
    kept(`${at}.env[].valueFrom.fieldRef`, "Kept."),
    refused(
      `${at}.env[].valueFrom.fieldRef`,
      "Only the running group knows its address: let the program ask its own network interface.",
      (ref) => podAddresses.includes((ref as { fieldPath?: unknown } | undefined)?.fieldPath),
    ),
    refused(
      `${at}.env[].valueFrom.fileKeyRef`,
      "The environment is fixed before the group runs, so it cannot come from a file of an earlier container.",
    ),
    kept(`${at}.env[].valueFrom.resourceFieldRef`, "Kept."),
    kept(`${at}.env[].valueFrom.secretKeyRef`, "Kept, as a secure value, which Azure does not tell again."),
    kept(`${at}.envFrom[].configMapRef`, "Kept: read when the pod starts."),
    kept(`${at}.envFrom[].prefix`, "Kept."),
    kept(`${at}.envFrom[].secretRef`, "Kept, as secure values, which Azure does not tell again."),
  ];
}

function ports(at: string): readonly AciRow[] {
  return [
    kept(`${at}.containerPort`, "At the group's own address, which has at most five; Azure keeps some for itself."),
    refused(`${at}.hostIP`, "A group has no host whose ports it could have: remove hostIP and use a Service."),
    refused(
      `${at}.hostPort`,
      "A group has no host whose ports it could have: remove hostPort and use a Service.",
      (value) => isSet(value) && value !== 0,
    ),
    kept(`${at}.name`, "Kept."),
    kept(`${at}.protocol`, "Kept."),
    refused(`${at}.protocol`, "Azure knows TCP and UDP ports alone: use one of them.", is("SCTP")),
  ];
}

function resources(at: string): readonly AciRow[] {
  const beyond = (list: unknown): boolean => Object.keys(list ?? {}).some((name) => !counted.includes(name));
  const extended = "A group has cpu, memory and ephemeral-storage, no devices and no huge pages: remove other";
  return [
    refused(`${at}.claims`, "Dynamic resource allocation is not available here: remove the claims."),
    refused(`${at}.limits`, `${extended} limits.`, beyond),
    quietly(`${at}.limits.cpu`, "At most the group's, and at least the request that Azure was given."),
    quietly(
      `${at}.limits.memory`,
      "The container is killed beyond it. Where the group is of the least size, the first main container's limit is what remains of 1 GB.",
    ),
    changed(
      `${at}.limits.ephemeral-storage`,
      "Every group has 50 GB, which all containers share: nothing ends one that writes more than its part.",
    ),
    kept(`${at}.limits`, "Kept, as the lines for each say."),
    refused(`${at}.requests`, `${extended} requests.`, beyond),
    kept(`${at}.requests`, "Kept: the group has at least the sum of them."),
  ];
}

function mounts(at: string): readonly AciRow[] {
  const part = "Azure mounts whole volumes only: use a volume of its own for this path.";
  return [
    kept(`${at}.mountPath`, "Kept."),
    refused(`${at}.mountPropagation`, "Mounts do not propagate here: only None is possible.", isNot("None")),
    kept(`${at}.name`, "Kept."),
    kept(`${at}.readOnly`, "Kept."),
    refused(
      `${at}.recursiveReadOnly`,
      "Recursively read-only mounts cannot be promised here: use IfPossible or leave it out.",
      is("Enabled"),
    ),
    refused(`${at}.subPath`, part),
    refused(`${at}.subPathExpr`, part),
  ];
}
