/**
 * A holder is a process that does nothing but keep namespaces: one for each task (network, UTS, IPC), one for each
 * container (mount, PID). When it dies the kernel takes everything inside away: processes, mounts, links.
 * It waits for `go` on its stdin, so that its mark is on disk before it does anything. Its stdin stays open for as long
 * as the supervisor lives: when the supervisor dies, so does it.
 */
import { toolEnvironment } from "../host/command.ts";
import { spawnSealed } from "../../spawn.ts";
import { markOf, type ProcessMark } from "../host/processes.ts";

export interface Holder {
  readonly mark: ProcessMark;
  /** Lets the script run; resolves when it says `ready`, rejects with its stderr when it ends before. */
  go(): Promise<void>;
  kill(): void;
  /** Resolves when the holder, and with it all its namespaces, has ended. */
  readonly ended: Promise<void>;
}

/** First line of each holder's script. */
export const waitForGo = "read go || exit 1";

export function spawnHolder(argv: readonly [string, ...string[]]): Holder {
  const child = spawnSealed(argv, { env: toolEnvironment, stdio: ["pipe", "pipe", "pipe"], detached: true });
  const said: Buffer[] = [];
  const ready = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  ready.promise.catch(() => undefined);
  child.stderr?.on("data", (chunk: Buffer) => said.push(chunk));
  child.stdout?.on("data", (chunk: Buffer) => {
    if (chunk.toString().includes("ready")) ready.resolve();
  });
  child.stdin?.on("error", () => undefined);
  child.on("error", (error) => {
    ready.reject(error);
    ended.resolve();
  });
  child.on("close", () => {
    ready.reject(
      new Error(`namespaces could not be made: ${Buffer.concat(said).toString().trim() || "the holder ended"}`),
    );
    ended.resolve();
  });
  const mark = child.pid === undefined ? undefined : markOf(child.pid);
  return {
    mark: mark ?? { pid: 0, startTime: "" },
    go() {
      child.stdin?.write("go\n");
      return ready.promise;
    },
    kill: () => void child.kill("SIGKILL"),
    ended: ended.promise,
  };
}
