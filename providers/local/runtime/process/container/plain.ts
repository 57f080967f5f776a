/**
 * An enclosure where the host permits no namespaces: a process group of its own in a scratch directory, told by
 * `BURSTLET_ROOT`. Volumes lie below that directory under their mount paths. Nothing hides the host.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  handlesSignal,
  markOf,
  sendSignal,
  signalMarked,
  treeOf,
  withEnvironment,
  type ProcessMark,
} from "../host/processes.ts";
import { nodeRoom } from "../images.ts";
import type { Enclosure, Ground, RunWant } from "./enclosure.ts";
import { volumePath } from "./files/volumes.ts";
import { writeRoot } from "./files/write-root.ts";

/** Marks each process of one run, so that those which left the process group are found too. */
const rootVariable = "BURSTLET_ROOT";

export function enclosePlain(want: RunWant, ground: Ground): Enclosure {
  const root = join(want.directory, "root");
  const messageFile = join(root, want.container.terminationMessagePath);
  writeScratch(want, ground, root, messageFile);
  const ended = Promise.withResolvers<void>();
  let child: ChildProcess | undefined;
  let mark: ProcessMark | undefined;
  return {
    view: "/",
    messageFile,
    marks: () => (mark === undefined ? [] : [mark]),
    adapt(program) {
      const tools = want.image.root === "busybox" ? ground.layout.busybox : undefined;
      const path = [tools, program.env["PATH"]].filter((part) => part !== undefined).join(":");
      return {
        argv: program.argv.map((word) => inRoom(word, root)) as [string, ...string[]],
        env: { ...program.env, PATH: path, [rootVariable]: root },
        cwd: program.cwd === "/" ? root : program.cwd,
      };
    },
    spawn({ argv: [file, ...args], env, cwd }) {
      child = spawn(file, args, { env, cwd, stdio: ["ignore", "pipe", "pipe"], detached: true });
      mark = child.pid === undefined ? undefined : markOf(child.pid);
      child.on("exit", () => ended.resolve());
      child.on("error", () => ended.resolve());
      return child;
    },
    signal(signal) {
      if (child?.pid !== undefined) sendSignal(-child.pid, signal);
      return true;
    },
    handles: (signal) => child?.pid !== undefined && handlesSignal(child.pid, signal),
    kill() {
      if (child?.pid !== undefined) sendSignal(-child.pid, "SIGKILL");
      killStrays(root);
    },
    pids: () => (child?.pid === undefined ? [] : treeOf(child.pid)),
    ended: ended.promise,
  };
}

/** Ends what still carries the mark of the run with this root. */
export function killStrays(root: string): void {
  for (const stray of withEnvironment(rootVariable, root)) signalMarked(stray, "SIGKILL");
}

function writeScratch(want: RunWant, ground: Ground, root: string, messageFile: string): void {
  writeRoot(root, { directories: [{ path: "/tmp", mode: 0o1777 }], links: [], files: [], mounts: [] });
  const links = want.container.mounts.map((mount) => ({
    path: join(root, mount.path),
    target: join(volumePath(want.taskDirectory, mount.volume), mount.subPath ?? ""),
  }));
  if (want.image.root === "node") {
    links.push({ path: join(root, nodeRoom, "node"), target: ground.layout.node });
    links.push({ path: join(root, nodeRoom, "http-echo.mjs"), target: ground.layout.httpEcho });
  }
  for (const { path, target } of links) {
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(target, path);
  }
  mkdirSync(dirname(messageFile), { recursive: true });
  writeFileSync(messageFile, "");
}

/** Paths of the image's own files lie in the scratch directory here. */
function inRoom(word: string, root: string): string {
  return word.startsWith(`${nodeRoom}/`) ? join(root, word) : word;
}
