/**
 * A container engine for tests: Debian's podman, serving the Docker API on a unix socket out of a private folder, so
 * that nothing of the machine's own containers is touched. It lives in mount and process namespaces of its own, and,
 * unless asked to share ours, in a network namespace of its own: mounts, containers, bridge and firewall rules all end
 * with the one process that holds them, and that one ends when its stdin closes, so also when a test dies.
 */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Pool } from "undici";

export interface TestEngine {
  /** For DOCKER_HOST. */
  readonly host: string;
  /** The folder of everything; gone after `close`. */
  readonly folder: string;
  /** A process in the engine's namespaces, for tests that want to reach a container (`nsenter --net --target <pid>`). */
  readonly pid: number;
  /** podman itself on the same containers; throws on failure, returns its output. */
  podman(...words: readonly string[]): string;
  /** Ends the API service alone; containers run on. `start` brings it back. */
  stopService(): Promise<void>;
  startService(): Promise<void>;
  /** Ends and removes everything. */
  close(): Promise<void>;
}

export interface TestEngineOptions {
  /** `own` (default): cut off from everything. `shared`: the bridge appears in the caller's network namespace. */
  readonly network?: "own" | "shared";
  /** Registries whose images come from the one at 127.0.0.1:5000, out of a folder there of the registry's name. */
  readonly mirrored?: readonly string[];
}

/** The image of every test: busybox-static and links for its applets. */
export const busyboxImage = "docker.io/library/busybox:latest";

export async function startEngine({ network = "own", mirrored = [] }: TestEngineOptions = {}): Promise<TestEngine> {
  const folder = mkdtempSync(join(tmpdir(), "burstlet-engine-"));
  const socket = join(folder, "api.sock");
  configure(folder, mirrored);
  const keeper = spawn(
    "unshare",
    [...namespaces(network), "--fork", "--kill-child", "--mount-proc", "sh", "-c", keep],
    {
      stdio: ["pipe", "ignore", "inherit"],
    },
  );
  await once(keeper, "spawn");
  const pid = await waitFor("the namespaces", () => keeperInside(keeper.pid));
  const inside = ["--target", String(pid), ...namespaces(network)];
  if (network === "own") run("nsenter", [...inside, "ip", "link", "set", "lo", "up"]);

  const environment = {
    ...process.env,
    CONTAINERS_CONF: join(folder, "containers.conf"),
    CONTAINERS_STORAGE_CONF: join(folder, "storage.conf"),
    CONTAINERS_REGISTRIES_CONF: join(folder, "registries.conf"),
  };
  const podmanWords = [...inside, "podman", ...privateFolders(folder)];
  const podman = (...words: readonly string[]): string => run("nsenter", [...podmanWords, ...words], environment);

  let service: ChildProcess | undefined;
  async function startService(): Promise<void> {
    rmSync(socket, { force: true });
    const words = [...podmanWords, "system", "service", "--time", "0", `unix://${socket}`];
    const messages = openSync(join(folder, "service.log"), "a");
    service = spawn("nsenter", words, { stdio: ["ignore", messages, messages], env: environment });
    closeSync(messages);
    await waitFor("podman's socket", () => existsSync(socket));
  }
  async function stopService(): Promise<void> {
    if (service !== undefined) await end(service, childOf(service.pid));
    service = undefined;
  }

  async function close(): Promise<void> {
    try {
      removeContainers(podman);
      podman("volume", "rm", "--all", "--force");
    } finally {
      await stopService();
      await end(keeper, keeper.pid);
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  }

  try {
    await startService();
    await importBusybox(folder, socket);
  } catch (error) {
    await close().catch(() => undefined);
    throw error;
  }
  return { host: `unix://${socket}`, folder, pid, podman, startService, stopService, close };
}

/** Process 1 of the engine's world: lives while its stdin is open, and buries what containers leave behind. */
const keep = "exec 3<&0; cat <&3 & wait $!";

function namespaces(network: "own" | "shared"): string[] {
  return ["--mount", "--pid", ...(network === "own" ? ["--net"] : [])];
}

/** The shell that `unshare` has started, once it is there. */
function keeperInside(unshare: number | undefined): number | undefined {
  const child = childOf(unshare);
  return child !== undefined && readFileSync(`/proc/${child}/comm`, "utf8") === "sh\n" ? child : undefined;
}

function childOf(parent: number | undefined): number | undefined {
  const child = Number(readFileSync(`/proc/${parent}/task/${parent}/children`, "utf8").trim().split(" ")[0]);
  return child > 0 ? child : undefined;
}

/**
 * podman 4.3 may come to a container before those that depend on it, by its network or its processes, and fails for that
 * one: each round takes those on which nothing depends any more.
 */
function removeContainers(podman: TestEngine["podman"]): void {
  for (let roundsLeft = 3; ; roundsLeft -= 1) {
    try {
      podman("rm", "--all", "--force", "--time", "0");
      return;
    } catch (error) {
      if (roundsLeft === 0) throw error;
    }
  }
}

function privateFolders(folder: string): string[] {
  const at = (name: string): string => join(folder, name);
  return ["--root", at("root"), "--runroot", at("run"), "--network-config-dir", at("networks"), "--tmpdir", at("tmp")];
}

function configure(folder: string, mirrored: readonly string[]): void {
  for (const name of ["root", "run", "networks", "tmp"]) mkdirSync(join(folder, name));
  // Debian 12: runc and cgroupfs work where crun and systemd do not; a container may not raise the shell's own limits.
  const engine = `[containers]
default_ulimits=["nofile=1024:1024","nproc=4096:4096"]
[engine]
cgroup_manager="cgroupfs"
runtime="runc"
events_logger="file"
[network]
network_backend="netavark"
`;
  writeFileSync(join(folder, "containers.conf"), engine);
  writeFileSync(
    join(folder, "storage.conf"),
    `[storage]\ndriver="overlay"\ngraphroot="${join(folder, "root")}"\nrunroot="${join(folder, "run")}"\n`,
  );
  const registry = (location: string): string => `[[registry]]\nlocation="${location}"\ninsecure=true\n`;
  const mirrors = mirrored.map((name) => `${registry(`127.0.0.1:5000/${name}`)}prefix="${name}"\n`);
  const registries = ["unqualified-search-registries=[]\n", registry("127.0.0.1:5000"), ...mirrors];
  writeFileSync(join(folder, "registries.conf"), registries.join(""));
}

/** A root file system with the static busybox of this machine, imported by the same API that is under test. */
async function importBusybox(folder: string, socket: string): Promise<void> {
  const root = join(folder, "busybox");
  for (const name of ["bin", "etc", "tmp", "data"]) mkdirSync(join(root, name), { recursive: true });
  copyFileSync(run("sh", ["-c", "command -v busybox"]).trim(), join(root, "bin/busybox"));
  for (const applet of run("busybox", ["--list"]).trim().split("\n")) {
    if (applet !== "busybox") symlinkSync("busybox", join(root, "bin", applet));
  }
  // For tests that an empty volume hides what the image has.
  writeFileSync(join(root, "data/of-the-image"), "from the image\n");
  const tar = spawnSync("tar", ["-C", root, "-c", "."], { maxBuffer: 64 * 1024 * 1024 });
  const pool = new Pool("http://localhost", { connect: { socketPath: socket } });
  try {
    const query = new URLSearchParams({ fromSrc: "-", repo: busyboxImage });
    const answer = await pool.request({
      method: "POST",
      path: `/images/create?${query.toString()}`,
      headers: { "Content-Type": "application/x-tar" },
      body: tar.stdout,
    });
    const text = await answer.body.text();
    if (answer.statusCode !== 200) throw new Error(`busybox was not imported: ${answer.statusCode} ${text}`);
  } finally {
    await pool.close();
  }
}

function run(command: string, words: readonly string[], env: NodeJS.ProcessEnv = process.env): string {
  const { status, stdout, stderr, error } = spawnSync(command, words, {
    encoding: "utf8",
    env,
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`${command} ${words.join(" ")}: ${error?.message ?? stderr}`);
  return stdout;
}

/** Signals go to `pid`, which may be the one that `child` waits for: nsenter passes nothing on. */
async function end(child: ChildProcess, pid: number | undefined): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  const send = (signal: NodeJS.Signals): boolean => process.kill(pid ?? child.pid ?? Number.NaN, signal);
  send("SIGTERM");
  const late = setTimeout(() => send("SIGKILL"), 5000);
  await ended;
  clearTimeout(late);
}

async function waitFor<T>(what: string, look: () => T | undefined | false): Promise<T> {
  for (let tries = 0; tries < 400; tries += 1) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    await sleep(25);
  }
  throw new Error(`waited 10 s in vain for ${what}`);
}
