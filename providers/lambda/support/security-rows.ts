import { changed, is, isNot, kept, refused, type SupportRow, quietly } from "../../../src/provider.ts";

/**
 * A function runs as a user of Lambda's own, without capabilities, on a root file system that it cannot write (AWS
 * documentation, "Create a Lambda function using a container image"). What asks for that much is kept, more is refused.
 */
const seLinux = "SELinux labels cannot be set on Lambda: remove the field.";
const user = "Every function runs as a user of Lambda's own: remove the field; runAsNonRoot is kept.";

const inBoth = (at: string): readonly SupportRow[] => [
  refused(`${at}.appArmorProfile`, "AppArmor profiles cannot be set on Lambda: remove the field."),
  refused(`${at}.runAsGroup`, user),
  kept(`${at}.runAsNonRoot`, "Kept: Lambda's own user is not root."),
  refused(`${at}.runAsUser`, user),
  ...["level", "role", "type", "user"].map((part) => refused(`${at}.seLinuxOptions.${part}`, seLinux)),
  kept(`${at}.seccompProfile.localhostProfile`, "Means something only with type Localhost, which is refused."),
  quietly(`${at}.seccompProfile.type`, "RuntimeDefault is whatever Lambda confines a function with."),
  refused(
    `${at}.seccompProfile.type`,
    "Lambda confines functions in its own way: use RuntimeDefault or remove seccompProfile.",
    isNot("RuntimeDefault"),
  ),
  refused(`${at}.windowsOptions`, "Functions run on Linux: remove windowsOptions."),
];

const container = "spec.containers[].securityContext";

export const securityRows: readonly SupportRow[] = [
  ...inBoth("spec.securityContext"),
  changed("spec.securityContext.fsGroup", "Without effect: the files belong to the function's own user."),
  kept("spec.securityContext.fsGroupChangePolicy", "Kept, and without effect: files are new when a pod starts."),
  kept("spec.securityContext.seLinuxChangePolicy", "Kept, and without effect: there are no labels."),
  refused("spec.securityContext.supplementalGroups", "Groups cannot be given to a function: remove the field."),
  refused(
    "spec.securityContext.supplementalGroupsPolicy",
    "Groups cannot be given to a function: use Merge or remove the field.",
    isNot("Merge"),
  ),
  refused("spec.securityContext.sysctls", "Kernel parameters cannot be set on Lambda: remove sysctls."),
  ...inBoth(container),
  quietly(
    `${container}.allowPrivilegeEscalation`,
    "Lambda's own user has no privileges, and no way to them is known; no new privileges cannot be asked for.",
  ),
  refused(`${container}.capabilities.add`, "Capabilities cannot be added to a function: remove them."),
  kept(`${container}.capabilities.drop`, "Lambda's own user has none."),
  refused(`${container}.privileged`, "There are no privileged functions: remove privileged.", is(true)),
  refused(`${container}.procMount`, "Only the default mount of /proc exists here.", isNot("Default")),
  kept(`${container}.readOnlyRootFilesystem`, "Kept: only /tmp can be written."),
  changed(
    `${container}.readOnlyRootFilesystem`,
    "The root file system of a function is read-only whatever is asked for: only /tmp can be written.",
    is(false),
  ),
];
