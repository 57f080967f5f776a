import {
  inContainers,
  is,
  isMentioned,
  isNot,
  isSet,
  kept,
  type Pod,
  refused,
  type SupportRow,
  isAutomountedToken,
  type Written,
  writtenContainers,
  quietly,
} from "../../../src/provider.ts";
import { type AciRow, on, securityRefused, securitySent } from "./row.ts";

/**
 * Security settings ask for less power than the default. One that is not enforced must not look as if it were. Azure's API
 * has fields for some; nobody has seen yet that groups of the Standard SKU honour them, so that the configuration decides.
 */
const unverified =
  "Whether groups of the Standard SKU enforce it is not verified: remove it, or set aci.security: send on the node to have Azure asked for it.";
const asked = "Azure is asked for it.";
const noField = (what: string): string => `${what} cannot be set in a container group: remove the field.`;

/** Refused or handed on, as the configuration says. */
const sent = (path: string, matches: (value: unknown) => boolean = isSet): readonly AciRow[] => [
  on(securityRefused, refused(path, unverified, matches)),
  on(securitySent, kept(path, asked)),
];

const inBoth = (at: string): readonly AciRow[] => [
  refused(`${at}.appArmorProfile`, noField("AppArmor profiles")),
  ...sent(`${at}.runAsGroup`),
  ...sent(`${at}.runAsUser`),
  on(securityRefused, refused(`${at}.runAsNonRoot`, unverified, is(true))),
  on(securitySent, kept(`${at}.runAsNonRoot`, "Kept: it has another user than root.")),
  on(securitySent, {
    path: `${at}.runAsNonRoot`,
    effect: "refused",
    sentence: "Who the image runs as cannot be checked before it runs: set runAsUser too, to another one than 0.",
    find: rootsAt(at),
  }),
  ...["level", "role", "type", "user"].map((part) =>
    refused(`${at}.seLinuxOptions.${part}`, noField("SELinux labels")),
  ),
  kept(`${at}.seccompProfile.localhostProfile`, "Means something only with type Localhost, which is refused."),
  quietly(`${at}.seccompProfile.type`, "RuntimeDefault is taken for Azure's own profile."),
  refused(
    `${at}.seccompProfile.type`,
    "Only Azure's own profile is possible: use RuntimeDefault or remove seccompProfile.",
    isNot("RuntimeDefault"),
  ),
  refused(`${at}.windowsOptions`, "Only Linux containers run here: remove windowsOptions."),
];

export const securityRows: readonly AciRow[] = [
  ...inBoth("spec.securityContext"),
  ...(["refused", "changed"] as const).map((effect) => ({
    path: "spec.securityContext.fsGroup",
    effect,
    sentence:
      effect === "refused"
        ? "Azure sets no group of volumes: remove fsGroup, or the volumes."
        : "The pod has no volume that the group could have, and processes do not get it.",
    find: ({ spec }: Pod) => {
      const isAsked = isMentioned(spec?.securityContext?.fsGroup);
      return isAsked && hasVolumes(spec) === (effect === "refused") ? ["spec.securityContext.fsGroup"] : [];
    },
  })),
  kept("spec.securityContext.fsGroupChangePolicy", "Kept, and without effect: volumes are new when a pod starts."),
  kept("spec.securityContext.seLinuxChangePolicy", "Kept, and without effect: there are no labels."),
  refused("spec.securityContext.supplementalGroups", noField("Further groups of a process")),
  refused(
    "spec.securityContext.supplementalGroupsPolicy",
    "Groups of the image's user always apply here, which is Merge: Strict cannot be enforced.",
    isNot("Merge"),
  ),
  refused("spec.securityContext.sysctls[].name", noField("Kernel parameters")),
  kept("spec.securityContext.sysctls[].value", "Means something only beside a name, which is refused."),
  ...inContainers((list) => [...inBoth(`${list}.securityContext`), ...powerRows(`${list}.securityContext`)]),
];

/** Fields of a container's securityContext that a pod's has not. */
function powerRows(at: string): readonly AciRow[] {
  return [
    ...sent(`${at}.allowPrivilegeEscalation`, is(false)),
    ...sent(`${at}.capabilities.add`),
    ...sent(`${at}.capabilities.drop`),
    refused(`${at}.privileged`, "There are no privileged containers on Azure: remove privileged.", is(true)),
    refused(`${at}.procMount`, "Only the default mount of /proc exists here.", isNot("Default")),
    refused(`${at}.readOnlyRootFilesystem`, "Azure has no read-only root file systems: remove the field.", is(true)),
  ];
}

type Spec = Pod["spec"];

function hasVolumes(spec: Spec): boolean {
  return (spec?.volumes ?? []).some((volume) => !isAutomountedToken(volume));
}

/** The path of runAsNonRoot at the pod or at a container, where the user of a container is root or not known. */
function rootsAt(at: string): NonNullable<SupportRow["find"]> {
  return (pod) => {
    const shared = pod.spec?.securityContext ?? {};
    const wrong = writtenContainers(pod).filter(({ container: { securityContext: own = {} } }) => {
      const isForbidden = (own.runAsNonRoot ?? shared.runAsNonRoot) === true;
      return isForbidden && (own.runAsUser ?? shared.runAsUser ?? 0) === 0;
    });
    const own = ({ container }: Written): boolean => container.securityContext?.runAsNonRoot !== undefined;
    if (at === "spec.securityContext") return wrong.some((one) => !own(one)) ? [`${at}.runAsNonRoot`] : [];
    const list = at.replace(/\[\].*/, "");
    return wrong.flatMap((one) =>
      own(one) && one.path.startsWith(`${list}[`) ? [`${one.path}.securityContext.runAsNonRoot`] : [],
    );
  };
}
