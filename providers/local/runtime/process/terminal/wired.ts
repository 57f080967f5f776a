import type { ChildProcess } from "node:child_process";
import { PassThrough, type Readable, type Writable } from "node:stream";
import { spawnSealed } from "../../spawn.ts";
import type { StdioPipes } from "../host/pipes.ts";

/** A program that can be executed as it is, by the host. */
export interface Command {
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string | undefined;
  /** Directories of control groups that it joins before anything of it runs. */
  readonly groups: readonly string[];
  /** In a session of its own: not for one that makes itself one. */
  readonly detached: boolean;
}

/** A started program and its streams. */
export interface Wired {
  readonly child: ChildProcess;
  /** The process that the command became; tools may stand between it and the child. `undefined`: not yet, or gone. */
  program(): number | undefined;
  /** `undefined`: it reads from an empty one. Takes what the program no longer reads, and drops it. */
  readonly stdin: Writable | undefined;
  /** Ends when every process that could write there has closed it. Nothing is lost, whenever one begins to read. */
  readonly stdout: PassThrough;
  /** `undefined`: it writes to a terminal. */
  readonly stderr: PassThrough | undefined;
  resize(columns: number, rows: number): void;
  /** Reads no more; what was read still arrives. */
  close(): void;
}

/** Joins the groups up to `--`, gives up the variables that a shell adds, and becomes the rest. */
const joiner = `while [ "$1" != -- ]; do echo $$ > "$1/cgroup.procs" || exit 126; shift; done
shift
unset PWD OLDPWD SHLVL
exec "$@"`;

/** The command line with everything that is on its way in the groups. */
export function joining({ argv, groups }: Command): Command["argv"] {
  return groups.length === 0 ? argv : ["/bin/sh", "-c", joiner, "burstlet-join", ...groups, "--", ...argv];
}

/** Starts the program with pipes, which it can open again by name. The caller disposes of `pipes` when this returns. */
export function spawnWithPipes(command: Command, pipes: StdioPipes, want: { readonly stdin: boolean }): Wired {
  const { env, cwd, detached } = command;
  const [stdin, stdout, stderr] = pipes.theirs;
  const child = spawnSealed(joining(command), {
    env,
    cwd,
    detached,
    stdio: [want.stdin ? stdin : "ignore", stdout, stderr],
  });
  return wire(child, pipes.take(want));
}

/** Starts a tool that needs no more than Node's own pairs of sockets. */
export function spawnWithSockets(command: Command): Wired {
  const { env, cwd, detached } = command;
  const child = spawnSealed(joining(command), { env, cwd, detached, stdio: ["pipe", "pipe", "pipe"] });
  return wire(child, { stdin: child.stdin ?? undefined, stdout: child.stdout, stderr: child.stderr });
}

function wire(child: ChildProcess, { stdin, stdout, stderr }: Sides): Wired {
  // The end of who should read it is no error of who writes.
  stdin?.on("error", () => undefined);
  for (const end of ["exit", "error"]) child.once(end, () => stdin?.destroy());
  return {
    child,
    program: () => child.pid,
    stdin,
    stdout: ownStream(stdout),
    stderr: ownStream(stderr),
    resize: () => undefined,
    close() {
      stdout?.destroy();
      stderr?.destroy();
    },
  };
}

interface Sides {
  readonly stdin: Writable | undefined;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
}

/**
 * A stream that outlives its source. Node lets a child's streams flow when the child exits, listener or not: whatever
 * was in them would be lost for who listens later.
 */
export function ownStream(source: Readable | null): PassThrough {
  const own = new PassThrough();
  if (source === null) return own.end();
  source.pipe(own, { end: false });
  source.on("error", () => undefined);
  source.on("close", () => own.end());
  // Nobody wants it any more: the program learns that when it writes again.
  own.on("close", () => source.destroy());
  return own;
}
