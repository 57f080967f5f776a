/**
 * Pipes for the standard streams of programs. Node joins a child by pairs of sockets, and those cannot be opened again
 * by name: `echo x > /dev/stdout` fails with ENXIO. Node makes no pipes, and a named one (mkfifo) is none for long: who
 * opens it when its other side has gone waits for ever (fifo(7)). So a shell makes them, and they are opened from there.
 */
import { constants, closeSync, fchmodSync, openSync } from "node:fs";
import { Socket } from "node:net";
import { spawnSealed } from "../../spawn.ts";
import { lineFramer } from "../protocol.ts";
import { toolEnvironment } from "./command.ts";

export interface Pipes {
  /** Rejects when this host lets us have no pipe. */
  make(): Promise<StdioPipes>;
  /** Pipes that were made go on. */
  close(): void;
}

/** Three pipes for one program. Disposal closes the program's ends here, and ours where nobody took them. */
export interface StdioPipes extends Disposable {
  /** Open files for the program to inherit as its stdin, stdout and stderr, of anybody's to open again there. */
  readonly theirs: readonly [number, number, number];
  /** Our ends: from now on their streams own them. */
  take(want: { readonly stdin: boolean }): {
    readonly stdin: Socket | undefined;
    readonly stdout: Socket;
    readonly stderr: Socket;
  };
}

/** Where the shell keeps the pipes open until we have them. */
const files = [5, 6, 7] as const;

/**
 * Makes three pipes, says who holds them, waits for a line on its stdin, and makes the next three: they are there before
 * somebody asks. A shell makes a pipe for each `|`, forks for it, and executes nothing. It ends with its stdin.
 */
const script = `exec 3<&0 4>&1 </dev/null >/dev/null
while : | { exec 5<&0; : | { exec 6<&0; : | { exec 7<&0
  read pid rest </proc/self/stat; echo "$pid" >&4; read next <&3; }; }; }
do :; done`;

export function openPipes(): Pipes {
  let maker: Maker | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let closed = false;
  return {
    make() {
      const made = last.then(async () => {
        if (closed) throw new Error("no more pipes are made");
        if (maker?.over !== false) maker = startMaker();
        return maker.make();
      });
      last = made.catch(() => undefined);
      return made;
    },
    close() {
      closed = true;
      maker?.end();
    },
  };
}

interface Maker {
  readonly over: boolean;
  make(): Promise<StdioPipes>;
  end(): void;
}

function startMaker(): Maker {
  const child = spawnSealed(["/bin/sh", "-c", script], {
    cwd: "/",
    // Control-C at our terminal is for us.
    detached: true,
    env: toolEnvironment,
    stdio: ["pipe", "pipe", "ignore"],
  });
  let over = false;
  let holder = Promise.withResolvers<number>();
  holder.promise.catch(() => undefined);
  const fail = (why: string): void => {
    over = true;
    holder.reject(new Error(`pipes for a program could not be made: ${why}`));
  };
  child.on("error", ({ message }) => fail(message));
  // Not at its close: one that it forked may hold its output.
  child.on("exit", () => {
    fail("the shell that makes them has ended");
    child.stdin?.destroy();
  });
  child.stdin?.on("error", () => undefined);
  child.stdout?.on(
    "data",
    lineFramer((line) => holder.resolve(Number(line))),
  );
  return {
    get over() {
      return over;
    },
    async make() {
      const made = openAll(await holder.promise);
      holder = Promise.withResolvers();
      holder.promise.catch(() => undefined);
      child.stdin?.write("next\n");
      return made;
    },
    end: () => void child.stdin?.end(),
  };
}

/** Opened anew, each end is a file of its own: that ours does not block is nothing to the program. */
function openAll(holder: number): StdioPipes {
  const open = new Set<number>();
  const [input, ...outputs] = files.map((file) => `/proc/${holder}/fd/${file}`) as [string, string, string];
  const end = (path: string, flags: number): number => {
    const fd = openSync(path, flags);
    open.add(fd);
    return fd;
  };
  const drop = (): void => {
    for (const fd of open) closeSync(fd);
    open.clear();
  };
  try {
    const ours = [
      end(input, constants.O_WRONLY | constants.O_NONBLOCK),
      ...outputs.map((path) => end(path, constants.O_RDONLY | constants.O_NONBLOCK)),
    ] as [number, number, number];
    const theirs = [end(input, constants.O_RDONLY), ...outputs.map((path) => end(path, constants.O_WRONLY))] as [
      number,
      number,
      number,
    ];
    // Whoever runs there may open his own again, as any user that he becomes. Others cannot reach them.
    for (const fd of theirs) fchmodSync(fd, 0o666);
    return {
      theirs,
      take(want) {
        const [stdin, stdout, stderr] = ours;
        const own = (fd: number, way: { readable: boolean; writable: boolean }): Socket => {
          open.delete(fd);
          return new Socket({ fd, ...way });
        };
        return {
          stdin: want.stdin ? own(stdin, { readable: false, writable: true }) : undefined,
          stdout: own(stdout, { readable: true, writable: false }),
          stderr: own(stderr, { readable: true, writable: false }),
        };
      },
      [Symbol.dispose]: drop,
    };
  } catch (error) {
    drop();
    throw error;
  }
}
