/**
 * Connections to the loopback of a network namespace of this machine. Node cannot change its own namespace, so a
 * process of Node's is started inside each that is asked for, by `nsenter`: it connects and hands the socket over, and
 * the bytes then flow as on any other socket of ours.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { open } from "node:fs/promises";
import { Socket } from "node:net";
import { ProviderError } from "../../../../src/provider.ts";
import type { Clock } from "../../../../src/provider.ts";
import type { ConnectAnswer, ConnectRequest } from "./protocol.ts";

export interface Door {
  /**
   * 127.0.0.1 first, then ::1. Rejects with `conflict` when nothing listens, with `denied` when the namespace may not
   * be entered, and with the signal's reason. The socket is half-closed by `end()`, also by the other side's.
   */
  connect(port: number, signal: AbortSignal): Promise<Socket>;
  close(): void;
}

/** For which a door stays open after its last request: the process inside takes 40 MB (ms). */
const idleTime = 30_000;

/** `find` gives a process in the namespace; it is asked again after the namespace was opened, so that its id is not another's by then. */
export function createDoor(find: () => Promise<number>, clock: Clock): Door {
  let opened: Promise<Inside> | undefined;
  let cancel = (): void => undefined;
  function close(): void {
    cancel();
    void opened?.then(({ end }) => end()).catch(() => undefined);
    opened = undefined;
  }
  function inside(): Promise<Inside> {
    if (opened !== undefined) return opened;
    const opening = enter(find);
    const forget = (): void => {
      if (opened === opening) opened = undefined;
    };
    opening.then(({ ended }) => ended.then(forget)).catch(forget);
    opened = opening;
    return opening;
  }
  return {
    async connect(port, signal) {
      signal.throwIfAborted();
      cancel();
      const socket = await (await inside()).connect(port);
      cancel();
      cancel = clock.after(idleTime, close);
      if (!signal.aborted) return socket;
      socket.destroy();
      throw signal.reason;
    },
    close,
  };
}

interface Inside {
  connect(port: number): Promise<Socket>;
  end(): void;
  readonly ended: Promise<void>;
}

async function enter(find: () => Promise<number>): Promise<Inside> {
  const pid = await find();
  const namespace = await open(`/proc/${pid}/ns/net`).catch((error: unknown) => {
    throw mayNot(error instanceof Error ? error.message : String(error));
  });
  let child: ChildProcess;
  try {
    if ((await find()) !== pid)
      throw new ProviderError("transient", "TaskChanged", "the task has just changed: ask again");
    const script = new URL("inside-main.ts", import.meta.url).pathname;
    child = spawn("nsenter", ["--net=/proc/self/fd/4", "--", process.execPath, script], {
      env: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" },
      stdio: ["ignore", "ignore", "pipe", "ipc", namespace.fd],
    });
    await once(child, "spawn").catch((error: unknown) => {
      throw mayNot(String(error));
    });
  } finally {
    await namespace.close();
  }
  return talkTo(child);
}

function talkTo(child: ChildProcess): Inside {
  const waiting = new Map<
    number,
    (answer: ConnectAnswer & { readonly socket?: Socket; readonly fault?: Error }) => void
  >();
  let count = 0;
  let words = "";
  child.stderr?.on("data", (text: Buffer) => (words = `${words}${text.toString()}`.slice(-1000)));
  child.on("message", (answer: ConnectAnswer, handle) => {
    const tell = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (handle instanceof Socket) handle.allowHalfOpen = true;
    tell?.({ ...answer, ...(handle instanceof Socket ? { socket: handle } : {}) });
  });
  const ended = once(child, "close").then(() => {
    for (const [id, tell] of waiting) tell({ id, fault: mayNot(words.trim()) });
    waiting.clear();
  });
  // A message to a child that has just ended: "close" tells.
  child.on("error", () => undefined);
  return {
    async connect(port) {
      const { socket, error, fault } = await new Promise<Parameters<Parameters<typeof waiting.set>[1]>[0]>(
        (resolve) => {
          const id = (count += 1);
          waiting.set(id, resolve);
          child.send({ id, port } satisfies ConnectRequest, () => undefined);
        },
      );
      if (socket !== undefined) return socket;
      throw (
        fault ??
        new ProviderError(
          "conflict",
          "PortNotListening",
          `nothing listens on port ${port} of the task (${error ?? "no socket"})`,
        )
      );
    },
    end: () => child.kill(),
    ended,
  };
}

function mayNot(detail: string): ProviderError {
  const message = `the task's network namespace cannot be entered: ${detail}; burstlet needs root and nsenter for that`;
  return new ProviderError("denied", "NetworkNamespaceClosed", message);
}
