import {
  changed,
  inContainers,
  is,
  isNot,
  kept,
  type Pod,
  refused,
  type SupportRow,
  type Written,
  writtenContainers,
} from "../../../src/provider.ts";
import { addableCapability, capabilityName, defaultCapabilities, sysctlName } from "../translate/security.ts";
import { execOn, type FargateRow, on } from "./row.ts";

/**
 * Security settings ask for less power than the default. One that is not enforced must not look as if it were, so what
 * ECS cannot do is refused. The one exception is allowPrivilegeEscalation, see there.
 */
const seLinux = "SELinux labels cannot be set on Fargate: remove the field.";

/** Those of the network and of IPC (ECS API reference, SystemControl). */
const settable = /^(net\..+|kernel\.(msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced)|fs\.mqueue\..+)$/;

const inBoth = (at: string): readonly FargateRow[] => [
  refused(`${at}.appArmorProfile`, "AppArmor profiles cannot be set on Fargate: remove the field."),
  kept(`${at}.runAsGroup`, "Kept."),
  {
    path: `${at}.runAsGroup`,
    effect: "refused",
    sentence: "ECS takes a group beside a user only: set runAsUser too.",
    find: settingsAt(at, "runAsGroup", ({ group, user }) => group !== undefined && user === undefined),
  },
  kept(`${at}.runAsNonRoot`, "Kept."),
  {
    path: `${at}.runAsNonRoot`,
    effect: "refused",
    sentence: "Who the image runs as cannot be checked before it runs: set runAsUser too, to another one than 0.",
    find: settingsAt(at, "runAsNonRoot", ({ nonRoot, user = 0 }) => nonRoot && user === 0),
  },
  kept(`${at}.runAsUser`, "Kept."),
  // Who may use exec is RBAC's to say, and the container itself runs as it is written: told, and not refused.
  on(
    execOn,
    changed(
      `${at}.runAsUser`,
      "Kept for the container, but commands of kubectl exec and cp run as root: ECS Exec knows no other user.",
      isNot(0),
    ),
  ),
  ...["level", "role", "type", "user"].map((part) => refused(`${at}.seLinuxOptions.${part}`, seLinux)),
  kept(`${at}.seccompProfile.localhostProfile`, "Means something only with type Localhost, which is refused."),
  kept(`${at}.seccompProfile.type`, "Fargate's own profile is RuntimeDefault."),
  refused(
    `${at}.seccompProfile.type`,
    "Fargate has its own profile and no other: use RuntimeDefault or remove seccompProfile.",
    isNot("RuntimeDefault"),
  ),
  refused(`${at}.windowsOptions`, "Only Linux containers run here: remove windowsOptions."),
];

export const securityRows: readonly FargateRow[] = [
  ...inBoth("spec.securityContext"),
  kept("spec.securityContext.fsGroup", "Kept: group of the volumes, and of the processes of who sets runAsUser."),
  {
    path: "spec.securityContext.fsGroup",
    effect: "changed",
    sentence:
      "Group of the volumes, but ECS knows one group of a process: one with a runAsGroup of its own, or without runAsUser, does not get it.",
    find: (pod) => (isWithoutFsGroup(pod) ? ["spec.securityContext.fsGroup"] : []),
  },
  kept("spec.securityContext.fsGroupChangePolicy", "Kept, and without effect: volumes are new when a pod starts."),
  kept("spec.securityContext.seLinuxChangePolicy", "Kept, and without effect: there are no labels."),
  refused(
    "spec.securityContext.supplementalGroups",
    "ECS takes one user and one group for a process: remove supplementalGroups.",
  ),
  refused(
    "spec.securityContext.supplementalGroupsPolicy",
    "Groups of the image's user always apply here, which is Merge: Strict cannot be enforced.",
    isNot("Merge"),
  ),
  refused(
    "spec.securityContext.sysctls[].name",
    "Only kernel parameters of the network and of IPC can be set on Fargate: remove others.",
    (name) => !settable.test(sysctlName(String(name))),
  ),
  kept("spec.securityContext.sysctls[].name", "Kept for parameters of the network and of IPC."),
  kept("spec.securityContext.sysctls[].value", "Kept."),
  ...inContainers((list) => [...inBoth(`${list}.securityContext`), ...powerRows(list)]),
];

/** Fields of a container's securityContext that a pod's has not. */
function powerRows(list: string): readonly FargateRow[] {
  const at = `${list}.securityContext`;
  return [
    kept(`${at}.allowPrivilegeEscalation`, "True is how every container on Fargate runs."),
    // Restricted namespaces demand both fields, so refusing the one would shut them out. With no capability left to
    // be had, a setuid program may still become another user, with no more rights than that user's own files.
    ...(["changed", "refused"] as const).map((effect) => ({
      path: `${at}.allowPrivilegeEscalation`,
      effect,
      sentence:
        effect === "changed"
          ? "No new privileges cannot be asked of Fargate: with ALL capabilities dropped a setuid program can only become another user, without any."
          : "No new privileges cannot be asked of Fargate: drop ALL capabilities too, so that there is none to be gained.",
      find: escalations(list, effect === "changed"),
    })),
    kept(`${at}.capabilities.add`, `Kept for Docker's default ones and ${addableCapability}.`),
    refused(
      `${at}.capabilities.add`,
      `Fargate adds ${addableCapability} to the default capabilities and nothing else: remove others.`,
      (names) => Array.isArray(names) && !names.every((name) => isAddable(String(name))),
    ),
    kept(`${at}.capabilities.drop`, "Kept."),
    refused(`${at}.privileged`, "There are no privileged containers on Fargate: remove privileged.", is(true)),
    refused(`${at}.procMount`, "Only the default mount of /proc exists here.", isNot("Default")),
    kept(`${at}.readOnlyRootFilesystem`, "Kept."),
    on(
      execOn,
      changed(
        `${at}.readOnlyRootFilesystem`,
        "Kept, but the container has neither kubectl exec nor cp: the agent of ECS Exec has to write to the root file system.",
        is(true),
      ),
    ),
  ];
}

function isAddable(name: string): boolean {
  const known = capabilityName(name);
  return known === addableCapability || defaultCapabilities.includes(known);
}

/** Does a container of the pod run without the group of its volumes, for all that is known as somebody else than root? */
function isWithoutFsGroup(pod: Pod): boolean {
  const { securityContext: shared = {} } = pod.spec ?? {};
  if (shared.fsGroup === undefined) return false;
  return writtenContainers(pod).some(({ container: { securityContext: own = {} } }) => {
    const user = own.runAsUser ?? shared.runAsUser;
    const group = own.runAsGroup ?? shared.runAsGroup;
    return user === undefined || (user !== 0 && group !== undefined && group !== shared.fsGroup);
  });
}

function escalations(list: string, allDropped: boolean): NonNullable<SupportRow["find"]> {
  return (pod) =>
    containersIn(pod, list).flatMap(({ container, path }) => {
      const { allowPrivilegeEscalation, capabilities } = container.securityContext ?? {};
      const dropsAll = (capabilities?.drop ?? []).some((name) => capabilityName(name) === "ALL");
      const asks = allowPrivilegeEscalation === false && dropsAll === allDropped;
      return asks ? [`${path}.securityContext.allowPrivilegeEscalation`] : [];
    });
}

interface Effective {
  readonly user: number | undefined;
  readonly group: number | undefined;
  readonly nonRoot: boolean;
}

/** The path of a setting at the pod or at a container, where it makes what is wrong of a container. */
function settingsAt(
  at: string,
  field: "runAsGroup" | "runAsNonRoot",
  isWrong: (effective: Effective) => boolean,
): NonNullable<SupportRow["find"]> {
  return (pod) => {
    const ofPod = at === "spec.securityContext";
    const shared = pod.spec?.securityContext ?? {};
    const wrong = writtenContainers(pod).filter(({ container: { securityContext: own = {} } }) =>
      isWrong({
        user: own.runAsUser ?? shared.runAsUser,
        group: own.runAsGroup ?? shared.runAsGroup,
        nonRoot: (own.runAsNonRoot ?? shared.runAsNonRoot) === true,
      }),
    );
    const own = ({ container }: Written): boolean => container.securityContext?.[field] !== undefined;
    if (ofPod) return wrong.some((one) => !own(one)) ? [`${at}.${field}`] : [];
    const list = at.replace(/\[\].*/, "");
    return wrong.flatMap((one) =>
      own(one) && one.path.startsWith(`${list}[`) ? [`${one.path}.securityContext.${field}`] : [],
    );
  };
}

function containersIn(pod: Pod, list: string): readonly Written[] {
  return writtenContainers(pod).filter(({ path }) => path.startsWith(`${list.replace("[]", "")}[`));
}
