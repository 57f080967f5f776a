import { hookRows } from "./hook-rows.ts";
import { changed, inContainers, is, isNot, isSet, kept, refused } from "../../../src/provider.ts";
import { type LocalRow, on, onlyOn, withoutAddresses, withoutAttach, withoutLimits, withoutMounts } from "./row.ts";

const noAttach = "Nothing can be attached to on this runtime, so nobody could type into the container: remove it.";
const nothingToProbe = "Nothing really runs on this runtime, so nothing could be asked: remove the probe.";
const noAddressToProbe =
  "Pods get no address of their own on this host, so nothing but a command can ask the container: use exec.";
const counted = ["cpu", "memory", "ephemeral-storage"];

/** Fields of containers, but for security. */
export const containerRows: readonly LocalRow[] = [
  ...inContainers((at) => [
    kept(`${at}.args`, "Kept."),
    kept(`${at}.command`, "Kept."),
    kept(`${at}.env[].name`, "Kept."),
    kept(`${at}.env[].value`, "Kept, with $(VAR) expanded."),
    kept(`${at}.env[].valueFrom.configMapKeyRef`, "Kept: read when the pod starts."),
    kept(`${at}.env[].valueFrom.fieldRef`, "Kept."),
    ...envFiles(`${at}.env[].valueFrom.fileKeyRef`),
    kept(`${at}.env[].valueFrom.resourceFieldRef`, "Kept."),
    kept(`${at}.env[].valueFrom.secretKeyRef`, "Kept: read when the pod starts."),
    kept(`${at}.envFrom`, "Kept: read when the pod starts."),
    kept(`${at}.image`, "Kept."),
    on(
      onlyOn("process"),
      kept(`${at}.image`, "A name of the process runtime's own table of images; an unknown one is ErrImagePull."),
    ),
    kept(`${at}.imagePullPolicy`, "Kept."),
    ...hookRows(`${at}.lifecycle`),
    ...probe(`${at}.livenessProbe`),
    kept(`${at}.name`, "Kept."),
    ...ports(`${at}.ports[]`),
    ...probe(`${at}.readinessProbe`),
    ...resizePolicy(`${at}.resizePolicy`),
    ...resources(`${at}.resources`),
    refused(
      `${at}.restartPolicyRules[].action`,
      "A rule here can run its own container again, and nothing else: use action Restart.",
      isNot("Restart"),
    ),
    kept(`${at}.restartPolicyRules[].exitCodes`, "Kept: the first rule that fits decides before the policy."),
    ...probe(`${at}.startupProbe`),
    kept(`${at}.stdin`, "Kept: open for whoever attaches; without it, stdin is empty."),
    on(withoutAttach, refused(`${at}.stdin`, noAttach, is(true))),
    kept(`${at}.stdinOnce`, "Kept: stdin ends with the first attached client; means something only with stdin."),
    kept(`${at}.terminationMessagePath`, "Kept."),
    kept(`${at}.terminationMessagePolicy`, "Kept."),
    kept(`${at}.tty`, "Kept: a terminal of its own, resized by whoever attaches."),
    on(withoutAttach, refused(`${at}.tty`, noAttach, is(true))),
    refused(`${at}.volumeDevices`, "Block devices are not available here: remove volumeDevices."),
    ...mounts(`${at}.volumeMounts[]`),
    kept(`${at}.workingDir`, "Kept."),
  ]),
  kept("spec.containers[].restartPolicy", "Kept, before the pod's."),
  kept("spec.initContainers[].restartPolicy", "Kept, before the pod's; Always makes a sidecar of it."),
];

function envFiles(at: string): readonly LocalRow[] {
  return [
    on(onlyOn("engine", "process"), kept(at, "Kept: read each time that the container starts; at most 1 MiB.")),
    on(onlyOn("scripted"), refused(at, "Nothing really runs on this runtime, so nobody could write the file.", isSet)),
  ];
}

function ports(at: string): readonly LocalRow[] {
  return [
    kept(`${at}.containerPort`, "Reachable at the pod's own address."),
    on(
      withoutAddresses,
      refused(`${at}.containerPort`, "Pods get no address of their own on this host, so nothing could reach the port."),
    ),
    refused(`${at}.hostIP`, "Ports of the host cannot be given away here: remove hostIP and use a Service."),
    hostPorts(at),
    kept(`${at}.name`, "Kept."),
    kept(`${at}.protocol`, "Kept."),
  ];
}

/** A pod in the network of the host has every port there, and the API server says so in this field. */
function hostPorts(at: string): LocalRow {
  const row = refused(
    `${at}.hostPort`,
    "Ports of the host cannot be given away here: remove hostPort and use a Service.",
    (value) => isSet(value) && value !== 0,
  );
  return { ...row, find: (pod) => (pod.spec?.hostNetwork === true ? [] : (row.find?.(pod) ?? [])) };
}

function probe(at: string): readonly LocalRow[] {
  const action = (name: string, sentence: string): LocalRow[] => [
    kept(`${at}.${name}`, sentence),
    on(withoutAttach, refused(`${at}.${name}`, nothingToProbe)),
  ];
  const numbers = ["failureThreshold", "initialDelaySeconds", "periodSeconds", "successThreshold", "timeoutSeconds"];
  return [
    ...action("exec", "Kept: the command runs in the container, and is killed when its time is over."),
    ...["grpc", "httpGet", "tcpSocket"].flatMap((name) => [
      ...action(name, "Kept: the node asks at the pod's own address, which burstlet's machine has to reach."),
      on(withoutAddresses, refused(`${at}.${name}`, noAddressToProbe, isAboutPod)),
    ]),
    ...numbers.map((name) => kept(`${at}.${name}`, "Kept.")),
    kept(`${at}.terminationGracePeriodSeconds`, "Kept: the grace of a container that this probe ends."),
  ];
}

/** A probe may name another host than the pod. */
function isAboutPod(action: unknown): boolean {
  return isSet(action) && !isSet((action as { host?: unknown }).host);
}

function resources(at: string): readonly LocalRow[] {
  const extended = "Only cpu, memory and ephemeral-storage exist here, no devices and no huge pages: remove ";
  const beyond = (list: "limits" | "requests"): LocalRow => ({
    path: `${at}.${list}`,
    effect: "refused",
    sentence: `${extended}other ${list}.`,
    find: (pod) =>
      refused(`${at}.${list}`, "", (value) => Object.keys(value ?? {}).some((name) => !counted.includes(name))).find?.(
        pod,
      ) ?? [],
  });
  return [
    refused(`${at}.claims`, "Dynamic resource allocation is not available here: remove the claims."),
    kept(`${at}.limits`, "Kept: cpu and memory are enforced."),
    ...["cpu", "memory"].map((name) =>
      on(
        withoutLimits,
        changed(`${at}.limits.${name}`, "Not enforced on this host, which has no control groups for us."),
      ),
    ),
    changed(
      `${at}.limits.ephemeral-storage`,
      "Not enforced: the scheduler counts it, but nothing ends a container that writes more.",
    ),
    beyond("limits"),
    kept(`${at}.requests`, "The scheduler counts them."),
    on(
      onlyOn("engine"),
      kept(
        `${at}.requests.cpu`,
        "The scheduler counts it, and who asks for more gets more when the processor is busy.",
      ),
    ),
    beyond("requests"),
  ];
}

function resizePolicy(at: string): readonly LocalRow[] {
  const infeasible = "Kept, and without effect: a resize of a pod that runs is answered Infeasible.";
  return [on(onlyOn("process", "scripted"), kept(at, infeasible)), on(onlyOn("engine"), kept(at, "Kept."))];
}

function mounts(at: string): readonly LocalRow[] {
  return [
    kept(`${at}.mountPath`, "Kept."),
    on(
      withoutMounts,
      mountsOfUsers(at, "Volumes cannot be mounted at a path on this host: the pod has to do without them."),
    ),
    refused(`${at}.mountPropagation`, "Mounts do not propagate here: only None is possible.", isNot("None")),
    kept(`${at}.name`, "Kept."),
    kept(`${at}.readOnly`, "Kept."),
    refused(
      `${at}.recursiveReadOnly`,
      "Recursively read-only mounts cannot be promised here: use IfPossible or leave it out.",
      is("Enabled"),
    ),
    kept(`${at}.subPath`, "Kept."),
    kept(`${at}.subPathExpr`, "Kept, with $(VAR) expanded."),
    on(onlyOn("engine"), subPathsOfImages(at)),
  ];
}

function subPathsOfImages(at: string): LocalRow {
  const list = at.startsWith("spec.initContainers") ? "initContainers" : "containers";
  return {
    path: `${at}.subPath`,
    effect: "refused",
    sentence: "An image is mounted as a whole here: leave subPath out where the volume is an image.",
    find({ spec }) {
      const images = new Set((spec?.volumes ?? []).flatMap(({ name, image }) => (image === undefined ? [] : [name])));
      return (spec?.[list] ?? []).flatMap(({ volumeMounts = [] }, index) =>
        volumeMounts.flatMap(({ name, subPath, subPathExpr }, nth) =>
          images.has(name) && (isSet(subPath) || isSet(subPathExpr))
            ? [`spec.${list}[${index}].volumeMounts[${nth}].subPath`]
            : [],
        ),
      );
    },
  };
}

/** Mounts of a user. Kubernetes adds one by itself, of the service account's token: that is no reason to refuse a pod. */
function mountsOfUsers(at: string, sentence: string): LocalRow {
  const tokenPath = "/var/run/secrets/kubernetes.io/serviceaccount";
  return refused(`${at}.mountPath`, sentence, isNot(tokenPath));
}
