/**
 * The root file system of one container, as a plan: directories, links, files and mounts. Nothing here touches the
 * disk; `write-root.ts` does.
 */
import type { RootKind } from "../../images.ts";
import { nodeRoom } from "../../images.ts";
import { bind, type Mount } from "./mounts.ts";

export interface RootPlan {
  /** Paths inside the root, parents first. */
  readonly directories: readonly { readonly path: string; readonly mode: number }[];
  readonly links: readonly { readonly path: string; readonly target: string }[];
  /** Small files with content, and empty ones that a file is mounted on. */
  readonly files: readonly { readonly path: string; readonly content: string }[];
  readonly mounts: readonly Mount[];
}

/** What the host has, found once. */
export interface HostLayout {
  /** `/bin`, `/lib` …: a link to follow, or a directory to mount. */
  readonly tops: readonly { readonly path: string; readonly target: string | undefined }[];
  /** Those of `hostEtc` that exist. */
  readonly etc: readonly { readonly path: string; readonly directory: boolean }[];
  /** Directory of busybox and its applets, when the host has a static one. */
  readonly busybox: string | undefined;
  readonly node: string;
  readonly httpEcho: string;
}

export const hostTops = ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/usr"] as const;

/** What programs of the host need of /etc: libraries, alternatives, certificates, names of services, the time zone. */
export const hostEtc = [
  "/etc/alternatives",
  "/etc/ld.so.cache",
  "/etc/ld.so.conf",
  "/etc/ld.so.conf.d",
  "/etc/ssl",
  "/etc/pki",
  "/etc/ca-certificates",
  "/etc/services",
  "/etc/protocols",
  "/etc/localtime",
  "/etc/os-release",
] as const;

const directories = [
  "/etc",
  "/dev",
  "/dev/pts",
  "/dev/shm",
  "/proc",
  "/sys",
  "/root",
  "/run",
  "/var",
  "/home",
  "/opt",
  "/mnt",
  "/srv",
];
const openDirectories = ["/tmp", "/var/tmp"];
const devices = ["null", "zero", "full", "random", "urandom", "tty"];
const devLinks: readonly [string, string][] = [
  ["/dev/fd", "/proc/self/fd"],
  ["/dev/stdin", "/proc/self/fd/0"],
  ["/dev/stdout", "/proc/self/fd/1"],
  ["/dev/stderr", "/proc/self/fd/2"],
  ["/dev/ptmx", "pts/ptmx"],
  ["/var/run", "../run"],
];
const users = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n";
const groups = "root:x:0:\ntty:x:5:\nnogroup:x:65534:\n";

/** `root` is the directory on the host that becomes `/`; `etc` holds hosts, hostname and resolv.conf. */
export function planRoot(
  root: string,
  kind: RootKind,
  host: HostLayout,
  etc: Readonly<Record<string, string>>,
): RootPlan {
  const useBusybox = kind === "busybox" && host.busybox !== undefined;
  const system = useBusybox ? busyboxSystem(root, host.busybox) : hostSystem(root, host);
  const extra = kind === "node" ? nodeTools(root, host) : { directories: [], files: [], mounts: [] };
  const deviceMounts = devices.map((name) => bind(`/dev/${name}`, `${root}/dev/${name}`, false));
  return {
    directories: [
      ...[...directories, ...system.directories, ...extra.directories].map((path) => ({ path, mode: 0o755 })),
      ...openDirectories.map((path) => ({ path, mode: 0o1777 })),
    ],
    links: [...devLinks.map(([path, target]) => ({ path, target })), ...system.links],
    files: [
      { path: "/etc/passwd", content: users },
      { path: "/etc/group", content: groups },
      { path: "/etc/nsswitch.conf", content: "passwd: files\ngroup: files\nhosts: files dns\n" },
      ...Object.entries(etc).map(([name, content]) => ({ path: `/etc/${name}`, content })),
      ...devices.map((name) => ({ path: `/dev/${name}`, content: "" })),
      ...system.files,
      ...extra.files,
    ],
    mounts: [
      // pivot_root(2) wants the new root to be a mount point.
      bind(root, root, false),
      ...system.mounts,
      ...deviceMounts,
      { source: "proc", target: `${root}/proc`, type: "proc", options: ["nosuid", "nodev", "noexec"] },
      { source: "sysfs", target: `${root}/sys`, type: "sysfs", options: ["ro", "nosuid", "nodev", "noexec"] },
      {
        source: "devpts",
        target: `${root}/dev/pts`,
        type: "devpts",
        options: ["newinstance", "ptmxmode=0666", "mode=0620"],
      },
      {
        source: "shm",
        target: `${root}/dev/shm`,
        type: "tmpfs",
        options: ["nosuid", "nodev", "mode=1777", "size=64m"],
      },
      ...extra.mounts,
    ],
  };
}

interface System {
  readonly directories: readonly string[];
  readonly links: RootPlan["links"];
  readonly files: RootPlan["files"];
  readonly mounts: readonly Mount[];
}

function busyboxSystem(root: string, busybox: string): System {
  return {
    directories: ["/bin", "/usr"],
    links: [
      { path: "/sbin", target: "bin" },
      { path: "/usr/bin", target: "../bin" },
      { path: "/usr/sbin", target: "../bin" },
    ],
    files: [],
    mounts: [bind(busybox, `${root}/bin`, true)],
  };
}

function hostSystem(root: string, host: HostLayout): System {
  const mounted = host.tops.filter((top) => top.target === undefined).map((top) => top.path);
  const etcDirectories = host.etc.filter((entry) => entry.directory).map((entry) => entry.path);
  const etcFiles = host.etc.filter((entry) => !entry.directory).map((entry) => entry.path);
  return {
    directories: [...mounted, ...etcDirectories],
    links: host.tops.flatMap(({ path, target }) => (target === undefined ? [] : [{ path, target }])),
    files: etcFiles.map((path) => ({ path, content: "" })),
    mounts: [...mounted, ...etcDirectories, ...etcFiles].map((path) => bind(path, `${root}${path}`, true)),
  };
}

function nodeTools(root: string, host: HostLayout): Pick<System, "directories" | "files" | "mounts"> {
  const tools = { [`${nodeRoom}/node`]: host.node, [`${nodeRoom}/http-echo.mjs`]: host.httpEcho };
  return {
    directories: [nodeRoom],
    files: Object.keys(tools).map((path) => ({ path, content: "" })),
    mounts: Object.entries(tools).map(([path, source]) => bind(source, `${root}${path}`, true)),
  };
}
