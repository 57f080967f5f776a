/**
 * Connections inside network namespaces of this machine. Node cannot change its own namespace, so a
 * process of Node's is started inside each that is asked for, by `nsenter`: it connects and hands the socket over, and
 * the bytes then flow as on any other socket of ours.
 */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { open } from "node:fs/promises";
import { Socket } from "node:net";
import { ProviderError } from "../../../../src/provider.ts";
import type { Clock } from "../../../../src/provider.ts";
import { spawnSealed } from "../spawn.ts";
import type { ConnectAnswer, ConnectRequest } from "./protocol.ts";

export interface Place {
  /** One namespace, one key. */
  readonly key: string;
  /** A process in it; asked again after the namespace was opened, so that its id is not another's by then. */
  readonly find: () => Promise<number>;
  /** Addresses to try, in this order. */
  readonly hosts: readonly string[];
}

export interface Doors {
  /**
   * Rejects with `notFound` when nothing listens, with `denied` when the namespace may not be entered, and with the
   * signal's reason. The socket goes on after `close`; each side ends its own direction.
   */
  connect(place: Place, port: number, signal: AbortSignal): Promise<Socket>;
  close(): void;
}

/** Where the kubelet's runtimes look, in their order. */
export const loopbacks = ["127.0.0.1", "::1"] as const;

/** For which a process without requests stays: it takes 40 MB (ms). */
const idleTime = 30_000;

interface Door {
  readonly inside: Promise<Inside>;
  asking: number;
  cancel: () => void;
}

export function createDoors(clock: Clock): Doors {
  const doors = new Map<string, Door>();
  function shut(key: string, door: Door): void {
    door.cancel();
    if (doors.get(key) === door) doors.delete(key);
    void door.inside.then(({ end }) => end()).catch(() => undefined);
  }
  function doorTo({ key, find }: Place): Door {
    const known = doors.get(key);
    if (known !== undefined) return known;
    const door: Door = { inside: enter(find), asking: 0, cancel: () => undefined };
    doors.set(key, door);
    void door.inside
      .then(({ ended }) => ended)
      .catch(() => undefined)
      .then(() => shut(key, door));
    return door;
  }
  return {
    async connect(place, port, signal) {
      signal.throwIfAborted();
      const door = doorTo(place);
      door.cancel();
      door.asking += 1;
      try {
        const socket = await (await door.inside).connect(port, place.hosts);
        if (!signal.aborted) return socket;
        socket.destroy();
        throw signal.reason;
      } finally {
        door.asking -= 1;
        if (door.asking === 0) door.cancel = clock.after(idleTime, () => shut(place.key, door));
      }
    },
    close() {
      for (const [key, door] of doors) shut(key, door);
    },
  };
}

interface Inside {
  connect(port: number, hosts: readonly string[]): Promise<Socket>;
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
      throw new ProviderError("transient", "TaskChanged", "the pod has just changed: ask again");
    const script = new URL("inside-main.ts", import.meta.url).pathname;
    child = spawnSealed(["nsenter", "--net=/proc/self/fd/4", "--", process.execPath, script], {
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
    async connect(port, hosts) {
      const { socket, error, fault } = await new Promise<Parameters<Parameters<typeof waiting.set>[1]>[0]>(
        (resolve) => {
          const id = (count += 1);
          waiting.set(id, resolve);
          child.send({ id, port, hosts } satisfies ConnectRequest, () => undefined);
        },
      );
      if (socket !== undefined) return socket;
      throw (
        fault ??
        new ProviderError(
          "notFound",
          "ConnectionRefused",
          `nothing listens on port ${port} of the pod (${error ?? "no connection came"})`,
        )
      );
    },
    end: () => child.kill(),
    ended,
  };
}

function mayNot(detail: string): ProviderError {
  const message = `the pod's network namespace cannot be entered: ${detail}; burstlet needs root and nsenter for that`;
  return new ProviderError("denied", "NetworkNamespaceClosed", message);
}
