import {
  changed,
  inContainers,
  is,
  isMentioned,
  isNot,
  isSet,
  kept,
  refused,
  writtenContainers,
} from "../../../src/provider.ts";
import { impossibleMounts } from "../files/parts.ts";
import { isPodAddress } from "../translate/values.ts";
import { probeRows } from "./probe-rows.ts";
import type { FargateRow } from "./row.ts";

const counted = ["cpu", "memory", "ephemeral-storage"];
const secret = "Kept: it reaches the task by way of Secrets Manager, read when the pod starts.";

/** Fields of containers, but for security. */
export const containerRows: readonly FargateRow[] = [
  ...inContainers((at) => [
    kept(`${at}.args`, "Kept."),
    kept(`${at}.command`, "Kept."),
    ...environment(at),
    kept(`${at}.image`, "Kept: pulled with the execution role, by every task anew."),
    refused(
      `${at}.imagePullPolicy`,
      "Every task has a new machine, which has no images: use another policy than Never.",
      is("Never"),
    ),
    kept(`${at}.imagePullPolicy`, "Both others are kept: every task pulls its images."),
    ...["postStart", "preStop"].map((hook) =>
      refused(
        `${at}.lifecycle.${hook}`,
        "ECS runs no hooks: do it in the program itself, at its start or on SIGTERM.",
        isMentioned,
      ),
    ),
    refused(`${at}.lifecycle.stopSignal`, "ECS sends the image's own stop signal, and no other: remove stopSignal."),
    kept(`${at}.name`, "Kept."),
    ...ports(`${at}.ports[]`),
    ...probeRows(at),
    kept(`${at}.resizePolicy`, "Kept, and without effect: a resize of a pod that runs is answered Infeasible."),
    ...resources(`${at}.resources`),
    refused(
      `${at}.restartPolicyRules[].action`,
      "A rule here can run its own container again, and nothing else: use action Restart.",
      isNot("Restart"),
    ),
    kept(`${at}.restartPolicyRules[].exitCodes`, "Kept: the first rule that fits decides before the policy."),
    changed(
      `${at}.stdin`,
      "Open, but nobody can attach and type: a program that waits for input waits for ever.",
      is(true),
    ),
    kept(`${at}.stdinOnce`, "Means something only for those who attach, which nobody can here."),
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
    kept(`${at}.tty`, "Kept: the output is that of a terminal."),
    refused(`${at}.volumeDevices`, "Block devices are not available here: remove volumeDevices."),
    ...mounts(`${at}.volumeMounts[]`),
    kept(`${at}.workingDir`, "Kept."),
  ]),
  {
    path: "spec.initContainers[].resources.limits.memory",
    effect: "changed",
    sentence: "Of one that ends, not enforced: ECS would add it to the others', so only the task's size limits it.",
    find: (pod) =>
      writtenContainers(pod).flatMap(({ container, kind, path }) =>
        kind === "init" && isSet(container.resources?.limits?.["memory"]) ? [`${path}.resources.limits.memory`] : [],
      ),
  },
  kept("spec.containers[].restartPolicy", "Kept, before the pod's."),
  changed(
    "spec.initContainers[].restartPolicy",
    "Always makes a sidecar of it, which never keeps the task alive; one that ends starts again only with the next task.",
    is("Always"),
  ),
];

function environment(at: string): readonly FargateRow[] {
  return [
    kept(`${at}.env[].name`, "Kept."),
    kept(`${at}.env[].value`, "Kept, with $(VAR) expanded."),
    kept(`${at}.env[].valueFrom.configMapKeyRef`, "Kept: read when the pod starts."),
    kept(`${at}.env[].valueFrom.fieldRef`, "Kept."),
    refused(
      `${at}.env[].valueFrom.fieldRef`,
      "Only the running task knows its address: let the program read it from $ECS_CONTAINER_METADATA_URI_V4/task.",
      (ref) => isPodAddress((ref as { fieldPath?: unknown } | undefined)?.fieldPath),
    ),
    refused(
      `${at}.env[].valueFrom.fileKeyRef`,
      "The environment is fixed before the task runs, so it cannot come from a file of an earlier container.",
    ),
    kept(`${at}.env[].valueFrom.resourceFieldRef`, "Kept."),
    kept(`${at}.env[].valueFrom.secretKeyRef`, secret),
    kept(`${at}.envFrom[].configMapRef`, "Kept: read when the pod starts."),
    kept(`${at}.envFrom[].prefix`, "Kept."),
    kept(`${at}.envFrom[].secretRef`, secret),
  ];
}

function ports(at: string): readonly FargateRow[] {
  return [
    kept(`${at}.containerPort`, "At the task's own address, as far as its security groups let others in."),
    refused(`${at}.hostIP`, "A task has no host whose ports it could have: remove hostIP and use a Service."),
    refused(
      `${at}.hostPort`,
      "A task has no host whose ports it could have: remove hostPort and use a Service.",
      (value) => isSet(value) && value !== 0,
    ),
    kept(`${at}.name`, "Kept."),
    kept(`${at}.protocol`, "Kept."),
    refused(`${at}.protocol`, "ECS knows TCP and UDP ports alone: use one of them.", is("SCTP")),
  ];
}

function resources(at: string): readonly FargateRow[] {
  const beyond = (list: unknown): boolean => Object.keys(list ?? {}).some((name) => !counted.includes(name));
  const extended = "A task has cpu, memory and ephemeral-storage, no devices and no huge pages: remove other";
  return [
    refused(`${at}.claims`, "Dynamic resource allocation is not available here: remove the claims."),
    refused(`${at}.limits`, `${extended} limits.`, beyond),
    changed(
      `${at}.limits.cpu`,
      "Not enforced: a container may use the whole task's CPU; the request is its weight against the others.",
    ),
    kept(`${at}.limits.memory`, "Kept: beyond it the container is killed; part of the task's size."),
    changed(
      `${at}.limits.ephemeral-storage`,
      "Part of the size of the task's disk, which all containers share: nothing ends one that writes more than its part.",
    ),
    kept(`${at}.limits`, "Kept, as the lines for each say."),
    refused(`${at}.requests`, `${extended} requests.`, beyond),
    kept(`${at}.requests`, "Kept: the task has at least the sum of them."),
  ];
}

function mounts(at: string): readonly FargateRow[] {
  const list = at.replace(/\[\].*/, "");
  const part =
    "ECS mounts whole folders only: a file cannot be mounted by itself, nor a folder that no item of the volume names, nor one of an emptyDir that is mounted as a whole too. Mount the whole volume at a folder of its own.";
  const impossible = (isExpression: boolean): NonNullable<FargateRow["find"]> => {
    const field = isExpression ? "subPathExpr" : "subPath";
    return (pod) =>
      impossibleMounts(pod).flatMap(({ path, expression }) =>
        path.startsWith(`${list}[`) && expression === isExpression ? [`${path}.${field}`] : [],
      );
  };
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
    kept(
      `${at}.subPath`,
      "Kept for folders: each is a volume of its own; of a file system of EFS the folder must exist.",
    ),
    { path: `${at}.subPath`, effect: "refused", sentence: part, find: impossible(false) },
    kept(
      `${at}.subPathExpr`,
      "Kept for folders of an emptyDir, and for those that exist of EFS: each is a volume of its own.",
    ),
    { path: `${at}.subPathExpr`, effect: "refused", sentence: part, find: impossible(true) },
  ];
}
