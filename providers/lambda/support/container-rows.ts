import {
  changed,
  is,
  isMentioned,
  isNot,
  isSet,
  kept,
  type Pod,
  refused,
  type SupportRow,
  isAutomountedToken,
  quietly,
} from "../../../src/provider.ts";
import { podAnnotations } from "../request.ts";

const at = "spec.containers[]";

const counted = ["cpu", "memory", "ephemeral-storage"];
const secret = `A payload can reach traces, destinations and logs of the function: let the program fetch the secret with the function's role, or allow it by the annotation ${podAnnotations.secrets}: payload.`;
const late = "An invocation has no address of its own: remove the variable.";

/** Fields of the one container, but for security. */
export const containerRows: readonly SupportRow[] = [
  kept(`${at}.args`, "In the payload: the function's handler runs it, see deploy/lambda."),
  kept(`${at}.command`, "In the payload: the function's handler runs it, see deploy/lambda."),
  ...environment(),
  kept(`${at}.image`, "Kept: lambda://name or lambda://name:qualifier names the function."),
  {
    ...changed(
      `${at}.image`,
      `Not run: the annotation ${podAnnotations.function} names the function, which has its own code.`,
    ),
    find: ({ metadata, spec }) =>
      (spec?.containers ?? []).flatMap(({ image }, index) =>
        isSet(metadata?.annotations?.[podAnnotations.function]) && image?.startsWith("lambda://") !== true
          ? [`spec.containers[${index}].image`]
          : [],
      ),
  },
  kept(`${at}.imagePullPolicy`, "Without effect: nothing is pulled, the function has its code."),
  ...["postStart", "preStop"].map((hook) =>
    refused(`${at}.lifecycle.${hook}`, "Lambda runs no hooks: do it in the program itself.", isMentioned),
  ),
  refused(`${at}.lifecycle.stopSignal`, "An invocation gets no signals: remove stopSignal."),
  kept(`${at}.name`, "Kept."),
  refused(`${at}.ports`, "Nothing can connect to an invocation: remove the ports, or run the pod elsewhere."),
  ...["liveness", "readiness", "startup"].map((kind) =>
    refused(`${at}.${kind}Probe`, "Nothing can look into an invocation: remove the probe.", isMentioned),
  ),
  kept(`${at}.resizePolicy`, "Kept, and without effect: a resize of a pod that runs is answered Infeasible."),
  ...resources(),
  refused(
    `${at}.restartPolicy`,
    "One whose outcome is not known must not run again by itself: use Never or leave it out.",
    isNot("Never"),
  ),
  refused(`${at}.restartPolicyRules`, "An invocation is not repeated: remove the rules."),
  refused(`${at}.stdin`, "Nobody can attach to an invocation: remove stdin.", is(true)),
  changed(`${at}.stdinOnce`, "Without effect, as there is no stdin.", is(true)),
  changed(
    `${at}.terminationMessagePath`,
    "The file is not read: the message is the function's own error.",
    isNot("/dev/termination-log"),
  ),
  quietly(`${at}.terminationMessagePath`, "The file is not read: the message is the function's own error."),
  quietly(`${at}.terminationMessagePolicy`, "The message is always the function's own error."),
  refused(`${at}.tty`, "An invocation has no terminal: remove tty.", is(true)),
  refused(`${at}.volumeDevices`, "A function has no block devices: remove volumeDevices."),
  ...mounts(),
  kept(`${at}.workingDir`, "In the payload: the function's handler changes to it, see deploy/lambda."),
];

/** About the list as a whole; the fields in it have rows of their own. */
export const containersRow: SupportRow = {
  path: "spec.containers",
  effect: "refused",
  sentence: "A pod here is one invocation of one function: keep one container.",
  find: ({ spec }) => (spec?.containers ?? []).slice(1).map((_, index) => `spec.containers[${index + 1}]`),
};

/** Has the pod's author said that values of Secrets may be in the payload? */
export function allowsSecrets(pod: Pod): boolean {
  return pod.metadata?.annotations?.[podAnnotations.secrets] === "payload";
}

/** Two rows of a field that holds a value of a Secret. */
export function secretRows(path: string, sentence = secret): readonly SupportRow[] {
  const row = refused(path, sentence, isMentioned);
  return [
    kept(path, `In the payload, where the annotation ${podAnnotations.secrets}: payload allows it.`),
    { ...row, find: (pod) => (allowsSecrets(pod) ? [] : (row.find?.(pod) ?? [])) },
  ];
}

function environment(): readonly SupportRow[] {
  return [
    kept(`${at}.env[].name`, "Kept."),
    kept(`${at}.env[].value`, "In the payload, with $(VAR) expanded."),
    kept(`${at}.env[].valueFrom.configMapKeyRef`, "In the payload: read when the pod starts."),
    kept(`${at}.env[].valueFrom.fieldRef`, "In the payload."),
    refused(`${at}.env[].valueFrom.fieldRef`, late, (ref) =>
      isPodAddress((ref as { fieldPath?: unknown } | undefined)?.fieldPath),
    ),
    refused(
      `${at}.env[].valueFrom.fileKeyRef`,
      "There is no earlier container that could have written the file: remove the variable.",
    ),
    kept(`${at}.env[].valueFrom.resourceFieldRef`, "In the payload."),
    ...secretRows(`${at}.env[].valueFrom.secretKeyRef`),
    kept(`${at}.envFrom[].configMapRef`, "In the payload: read when the pod starts."),
    kept(`${at}.envFrom[].prefix`, "Kept."),
    ...secretRows(`${at}.envFrom[].secretRef`),
  ];
}

/** The fields that no cloud can fill in before the invocation. A host's address may be known: the node's own. */
function isPodAddress(fieldPath: unknown): boolean {
  return fieldPath === "status.podIP" || fieldPath === "status.podIPs";
}

function resources(): readonly SupportRow[] {
  const path = `${at}.resources`;
  const beyond = (list: unknown): boolean => Object.keys(list ?? {}).some((name) => !counted.includes(name));
  const extended = "A function has cpu, memory and ephemeral-storage, no devices: remove other";
  return [
    refused(`${path}.claims`, "Dynamic resource allocation is not available here: remove the claims."),
    refused(`${path}.limits`, `${extended} limits.`, beyond),
    changed(
      `${path}.limits`,
      "Not enforced: the size is the function's own, and it may use all of it.",
      (limits) => isSet(limits) && !beyond(limits),
    ),
    refused(`${path}.requests`, `${extended} requests.`, beyond),
    kept(`${path}.requests`, "Kept: a function with less memory, /tmp or CPU is refused before it is invoked."),
  ];
}

function mounts(): readonly SupportRow[] {
  const path = `${at}.volumeMounts[]`;
  return [
    kept(`${path}.mountPath`, "In the payload: the function's handler writes the files, see deploy/lambda."),
    {
      path: `${path}.mountPath`,
      effect: "refused",
      sentence: "Only /tmp can be written in a function: mount it below /tmp.",
      find: mountsOutsideTmp,
    },
    refused(`${path}.mountPropagation`, "Mounts do not propagate here: only None is possible.", isNot("None")),
    kept(`${path}.name`, "Kept."),
    quietly(`${path}.readOnly`, "Without effect: the files belong to the program."),
    refused(
      `${path}.recursiveReadOnly`,
      "Recursively read-only mounts cannot be promised here: use IfPossible or leave it out.",
      is("Enabled"),
    ),
    kept(`${path}.subPath`, "Kept."),
    kept(`${path}.subPathExpr`, "Kept."),
  ];
}

/** The automounted token is left out, wherever it would be. */
function mountsOutsideTmp({ spec }: Pod): readonly string[] {
  const tokens = new Set((spec?.volumes ?? []).filter(isAutomountedToken).map(({ name }) => name));
  return (spec?.containers ?? []).flatMap(({ volumeMounts = [] }, index) =>
    volumeMounts.flatMap(({ name, mountPath }, mount) =>
      tokens.has(name) || mountPath.startsWith("/tmp/")
        ? []
        : [`spec.containers[${index}].volumeMounts[${mount}].mountPath`],
    ),
  );
}
