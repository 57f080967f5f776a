import { inContainers, is, isNot, kept, type LocalRow, on, onlyOn, refused } from "./row.ts";

/**
 * Security settings ask for less power than the default. One that is not enforced must not look as if it were, so
 * everything that this provider cannot do is refused, never changed.
 */
const user = "Users and groups are those of the image here and cannot be chosen yet: remove the field.";
const seLinux = "SELinux labels cannot be set here: remove the field.";
const windows = "Only Linux containers run here: remove windowsOptions.";
const appArmor = "AppArmor profiles cannot be set here: remove the field.";

const inBoth = (at: string): readonly LocalRow[] => [
  refused(`${at}.appArmorProfile`, appArmor),
  refused(`${at}.runAsGroup`, user),
  refused(
    `${at}.runAsNonRoot`,
    "Who the image's user is cannot be checked before it runs, so nothing would prevent root: remove runAsNonRoot.",
    is(true),
  ),
  refused(`${at}.runAsUser`, user),
  refused(`${at}.seLinuxOptions`, seLinux),
  on(
    onlyOn("engine", "scripted"),
    refused(
      `${at}.seccompProfile.type`,
      "The engine's default profile applies, as with RuntimeDefault; no other can be chosen: remove seccompProfile.",
      isNot("RuntimeDefault"),
    ),
  ),
  on(
    onlyOn("process"),
    refused(
      `${at}.seccompProfile.type`,
      "The process runtime filters no system calls, which is Unconfined: it cannot enforce another seccomp profile.",
      isNot("Unconfined"),
    ),
  ),
  kept(`${at}.seccompProfile.localhostProfile`, "Means something only with type Localhost, which is refused."),
  refused(`${at}.windowsOptions`, windows),
];

export const securityRows: readonly LocalRow[] = [
  ...inBoth("spec.securityContext"),
  refused("spec.securityContext.fsGroup", "Volumes keep their owner here, no group can be set: remove fsGroup."),
  kept("spec.securityContext.fsGroupChangePolicy", "Means something only with fsGroup, which is refused."),
  kept("spec.securityContext.seLinuxChangePolicy", "Means something only with SELinux labels, which are refused."),
  refused("spec.securityContext.supplementalGroups", user),
  refused(
    "spec.securityContext.supplementalGroupsPolicy",
    "Groups of the image's user always apply here, which is Merge: Strict cannot be enforced.",
    isNot("Merge"),
  ),
  refused("spec.securityContext.sysctls", "Kernel parameters cannot be set here: remove sysctls."),
  ...inContainers((list) => {
    const at = `${list}.securityContext`;
    return [
      ...inBoth(at),
      refused(
        `${at}.allowPrivilegeEscalation`,
        "The no_new_privs flag cannot be set here yet, so the promise would not be kept: remove allowPrivilegeEscalation: false.",
        is(false),
      ),
      refused(
        `${at}.capabilities.add`,
        "Capabilities are the runtime's defaults here and none can be added: remove the list.",
      ),
      refused(
        `${at}.capabilities.drop`,
        "Capabilities are the runtime's defaults here and none can be dropped yet, so the promise would not be kept: remove the list.",
      ),
      refused(`${at}.privileged`, "Privileged containers are not allowed here: remove privileged.", is(true)),
      refused(`${at}.procMount`, "Only the default mount of /proc exists here.", isNot("Default")),
      refused(
        `${at}.readOnlyRootFilesystem`,
        "The root file system is always writable here, so the promise would not be kept: remove the field.",
        is(true),
      ),
    ];
  }),
];
