/**
 * An enclosure where the host permits no namespaces: a process group of its own in a scratch directory, told by
 * `BURSTLET_ROOT`. Volumes lie below that directory under their mount paths. Nothing hides the host.
 */
import { lstatSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { ProviderError } from "../../../../../src/provider.ts";
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
import type { Wired } from "../terminal/wired.ts";
import { enter, type Entrance } from "./entrance.ts";
import type { Enclosure, Ground, RunWant } from "./enclosure.ts";
import { inside } from "./files/in-root.ts";
import { volumePath } from "./files/volumes.ts";
import { writeRoot } from "./files/write-root.ts";

/** Marks each process of one run, so that those which left the process group are found too. */
const rootVariable = "BURSTLET_ROOT";

export function enclosePlain(want: RunWant, ground: Ground): Enclosure {
  const root = join(want.directory, "root");
  const messageFile = writeScratch(want, ground, root);
  const ended = Promise.withResolvers<void>();
  const entrance: Entrance = { holder: undefined, view: "/", network: false };
  let wired: Wired | undefined;
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
    door: () => mark && { mark, entrance },
    spawn(program, wire) {
      wired = wire(enter(entrance, program, { terminal: want.container.tty, groups: [] }));
      const { child } = wired;
      mark = child.pid === undefined ? undefined : markOf(child.pid);
      child.on("exit", () => ended.resolve());
      child.on("error", () => ended.resolve());
      return wired;
    },
    signal(signal) {
      const program = wired?.program();
      if (program !== undefined) sendSignal(-program, signal);
      return program !== undefined;
    },
    handles(signal) {
      const program = wired?.program();
      return program !== undefined && handlesSignal(program, signal);
    },
    kill() {
      const program = wired?.program();
      if (program !== undefined) sendSignal(-program, "SIGKILL");
      killStrays(root);
    },
    pids: () => (wired?.child.pid === undefined ? [] : treeOf(wired.child.pid)),
    ended: ended.promise,
  };
}

/** Ends what still carries the mark of the run with this root. */
export function killStrays(root: string): void {
  for (const stray of withEnvironment(rootVariable, root)) signalMarked(stray, "SIGKILL");
}

/** Returns the file of the termination message. */
function writeScratch(want: RunWant, ground: Ground, root: string): string {
  writeRoot(root, { directories: [{ path: "/tmp", mode: 0o1777 }], links: [], files: [], mounts: [] });
  const links = want.container.mounts.map((mount) => ({
    path: mount.path,
    target: join(volumePath(want.taskDirectory, mount.volume), inside(mount.subPath ?? "")),
  }));
  if (want.image.root === "node") {
    links.push({ path: `${nodeRoom}/node`, target: ground.layout.node });
    links.push({ path: `${nodeRoom}/http-echo.mjs`, target: ground.layout.httpEcho });
  }
  const place = (path: string): string => {
    const found = placeIn(want.taskDirectory, root, path);
    mkdirSync(dirname(found), { recursive: true });
    return found;
  };
  for (const { path, target } of links) symlinkSync(target, place(path));
  const messageFile = place(want.container.terminationMessagePath);
  writeFileSync(messageFile, "");
  return messageFile;
}

/** A path of the container in its scratch directory, out of which no `..` leads, and out of the task's no link. */
function placeIn(taskDirectory: string, root: string, path: string): string {
  const place = join(root, normalize(`/${path}`));
  let existing = place;
  while (lstatSync(existing, { throwIfNoEntry: false }) === undefined) existing = dirname(existing);
  // Throws for a link to nothing.
  if (realpathSync(existing).startsWith(`${realpathSync(taskDirectory)}/`)) return place;
  throw new ProviderError("invalid", "PathOutside", `path ${JSON.stringify(path)} leads out of the pod by a link`);
}

/** Paths of the image's own files lie in the scratch directory here. */
function inRoom(word: string, root: string): string {
  return word.startsWith(`${nodeRoom}/`) ? join(root, word) : word;
}
