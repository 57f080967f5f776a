import { inContainers, is, isNot, kept, refused } from "../../../src/provider.ts";
import { type LocalRow, on, onlyOn, withoutPrivileges, withoutUsers, withUsers } from "./row.ts";

/**
 * Security settings ask for less power than the default. One that is not enforced must not look as if it were, so
 * everything that a runtime cannot do is refused, never changed.
 */
const user = "Processes of this runtime have the users and groups of their image, or burstlet's own: remove the field.";
const windows = "Only Linux containers run here: remove windowsOptions.";
const appArmor = "AppArmor profiles cannot be set here: remove the field.";

const withEngine = onlyOn("engine");
const withoutEngine = onlyOn("process", "scripted");

/** Enforced by an engine; the other runtimes cannot. */
function enforced(path: string, sentence: string, why: string, matches?: (value: unknown) => boolean): LocalRow[] {
  return [on(withEngine, kept(path, sentence)), on(withoutEngine, refused(path, why, matches))];
}

/** Enforced also by the process runtime, where it has namespaces. */
function enforcedByBoth(...[path, sentence, why, matches]: Parameters<typeof enforced>): LocalRow[] {
  return [on(withUsers, kept(path, sentence)), on(withoutUsers, refused(path, why, matches))];
}

/** The kubelet's safe ones (pkg/kubelet/sysctl/safe_sysctls.go): each is of the pod's own namespaces alone. */
const safeSysctls = new Set([
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv4.ip_unprivileged_port_start",
  "net.ipv4.ping_group_range",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_rmem",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.tcp_wmem",
]);

/** Those of Docker's default, and those that reach no further than the pod's own network, processes and memory. */
const harmlessCapabilities = new Set(
  (
    "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID IPC_LOCK IPC_OWNER KILL MKNOD NET_ADMIN NET_BIND_SERVICE " +
    "NET_BROADCAST NET_RAW SETFCAP SETGID SETPCAP SETUID SYS_CHROOT SYS_PTRACE"
  ).split(" "),
);

const isDangerous = (value: unknown): boolean =>
  Array.isArray(value) && value.some((name) => !harmlessCapabilities.has(String(name).replace(/^CAP_/, "")));

/** Types of the Pod Security Standards' baseline; another, as another user or role, may be one that nothing confines. */
const confinedTypes = ["container_t", "container_init_t", "container_kvm_t", "container_engine_t"] as const;

function seLinuxRows(at: string): readonly LocalRow[] {
  const grant = "it needs local.engine.allowPrivileged: true in the node's configuration.";
  const part = (name: string): LocalRow[] =>
    enforced(
      `${at}.${name}`,
      "Kept by an engine whose machine has SELinux; elsewhere without effect, as on any node.",
      "SELinux labels cannot be set on this runtime: remove the field.",
    );
  const beyond = (name: string, ...confined: readonly string[]): LocalRow =>
    on(
      withoutPrivileges,
      refused(`${at}.${name}`, `It may take the pod out of its confinement, so ${grant}`, isNot(...confined)),
    );
  return [
    ...part("level"),
    ...part("role"),
    beyond("role"),
    ...part("type"),
    beyond("type", ...confinedTypes),
    ...part("user"),
    beyond("user"),
  ];
}

const inBoth = (at: string): readonly LocalRow[] => [
  refused(`${at}.appArmorProfile`, appArmor),
  ...enforcedByBoth(`${at}.runAsGroup`, "Kept.", user),
  ...enforcedByBoth(
    `${at}.runAsNonRoot`,
    "Kept: a container that would run as root waits with CreateContainerConfigError.",
    "Who a program of this runtime runs as cannot be checked before, so nothing would prevent root: remove runAsNonRoot.",
    is(true),
  ),
  ...enforcedByBoth(`${at}.runAsUser`, "Kept.", user),
  ...seLinuxRows(`${at}.seLinuxOptions`),
  on(
    withEngine,
    refused(
      `${at}.seccompProfile.type`,
      "The engine's default profile applies to RuntimeDefault and where nothing is said; none of your own can be loaded.",
      isNot("RuntimeDefault", "Unconfined"),
    ),
  ),
  on(
    onlyOn("scripted"),
    refused(
      `${at}.seccompProfile.type`,
      "Nothing runs here that could be filtered: remove seccompProfile.",
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
  ...enforced(
    "spec.securityContext.fsGroup",
    "Kept: the group of every file in the pod's volumes.",
    "Volumes keep their owner on this runtime, no group can be set: remove fsGroup.",
  ),
  kept("spec.securityContext.fsGroupChangePolicy", "Kept, and without effect: volumes are new when a pod starts."),
  kept(
    "spec.securityContext.seLinuxChangePolicy",
    "Kept, and without effect: volumes keep the label that the engine gives them.",
  ),
  ...enforced("spec.securityContext.supplementalGroups", "Kept.", user),
  refused(
    "spec.securityContext.supplementalGroupsPolicy",
    "Groups of the image's user always apply here, which is Merge: Strict cannot be enforced.",
    isNot("Merge"),
  ),
  on(withEngine, kept("spec.securityContext.sysctls[].value", "Kept.")),
  on(
    withEngine,
    refused(
      "spec.securityContext.sysctls[].name",
      "Only the kubelet's safe kernel parameters can be set here, those of the pod's own network and IPC: remove others.",
      (value) => !safeSysctls.has(String(value).replaceAll("/", ".")),
    ),
  ),
  on(
    withoutEngine,
    refused("spec.securityContext.sysctls[].name", "Kernel parameters cannot be set on this runtime: remove sysctls."),
  ),
  ...inContainers((list) => {
    const at = `${list}.securityContext`;
    return [
      ...inBoth(at),
      ...enforcedByBoth(
        `${at}.allowPrivilegeEscalation`,
        "Kept: false sets no_new_privs.",
        "The no_new_privs flag cannot be set on this runtime, so the promise would not be kept: remove allowPrivilegeEscalation: false.",
        is(false),
      ),
      on(withEngine, kept(`${at}.capabilities.add`, "Kept, in addition to the engine's defaults.")),
      on(
        withoutPrivileges,
        refused(
          `${at}.capabilities.add`,
          "One of these reaches beyond the pod, so it needs local.engine.allowPrivileged: true in the node's configuration.",
          isDangerous,
        ),
      ),
      on(
        withoutEngine,
        refused(
          `${at}.capabilities.add`,
          "Capabilities are this runtime's own and none can be added: remove the list.",
        ),
      ),
      ...enforced(
        `${at}.capabilities.drop`,
        "Kept.",
        "Capabilities are this runtime's own and none can be dropped, so the promise would not be kept: remove the list.",
      ),
      on(
        withoutPrivileges,
        refused(
          `${at}.privileged`,
          "A privileged container has the engine's machine: it needs local.engine.allowPrivileged: true in the node's configuration.",
          is(true),
        ),
      ),
      on(
        withoutEngine,
        refused(`${at}.privileged`, "There are no privileged containers on this runtime: remove privileged.", is(true)),
      ),
      refused(`${at}.procMount`, "Only the default mount of /proc exists here.", isNot("Default")),
      ...enforced(
        `${at}.readOnlyRootFilesystem`,
        "Kept; podman leaves /tmp, /run and /var/tmp writable, in memory.",
        "The root file system is writable on this runtime, so the promise would not be kept: remove the field.",
        is(true),
      ),
    ];
  }),
];
