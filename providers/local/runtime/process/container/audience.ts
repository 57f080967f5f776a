import type { Duplex } from "node:stream";
import type { LogWriter } from "../../log-writer.ts";
import { frame, frameCutter, frameKinds, type AttachEnd } from "../attach-frames.ts";
import type { Wired } from "../terminal/wired.ts";

/** Who hears a run's output and types into it: its log always, and whoever is attached. */
export interface Audience {
  /** From now on, until the connection or the run ends. With `stdin` what comes from the connection goes to the run. */
  join(connection: Duplex, how: { readonly stdin: boolean }): void;
  /** The run is over: nobody holds its output up any more. */
  hurry(): void;
  /** Resolves when all output was heard. */
  readonly heard: Promise<void>;
  /** Tells all who are attached how the run ended, and lets them go. */
  end(how: AttachEnd): void;
}

/** One that is slow holds up the run and all others, as with any container runtime; one that is gone does not. */
export function openAudience(wired: Wired, log: LogWriter, { stdinOnce }: { readonly stdinOnce: boolean }): Audience {
  const connections = new Set<Duplex>();
  const sources = [wired.stdout, ...(wired.stderr === undefined ? [] : [wired.stderr])];
  let hurried = false;
  const flow = (): void => {
    const slow = !hurried && [...connections].some(({ writableNeedDrain }) => writableNeedDrain);
    for (const source of sources) {
      if (slow) source.pause();
      else source.resume();
    }
  };
  for (const source of sources) {
    const stream = source === wired.stdout ? "stdout" : "stderr";
    source.on("data", (chunk: Buffer) => {
      log.write(stream, chunk);
      if (connections.size === 0) return;
      const bytes = frame(frameKinds[stream], chunk);
      for (const connection of connections) connection.write(bytes);
      flow();
    });
  }
  const heard = Promise.all(sources.map(async (source) => new Promise((resolve) => source.once("end", resolve))));
  wired.stdin?.setMaxListeners(0);
  return {
    join(connection, { stdin }) {
      connections.add(connection);
      connection.on("drain", flow);
      connection.on("error", () => connection.destroy());
      connection.on("close", () => {
        connections.delete(connection);
        flow();
      });
      if (!stdin || wired.stdin === undefined) connection.resume();
      else typeInto(wired.stdin, connection, stdinOnce);
    },
    hurry() {
      hurried = true;
      flow();
    },
    heard: heard.then(() => undefined),
    end(how) {
      for (const connection of connections) connection.end(frame(frameKinds.end, Buffer.from(JSON.stringify(how))));
    },
  };
}

function typeInto(stdin: NonNullable<Wired["stdin"]>, connection: Duplex, once: boolean): void {
  const goOn = (): void => void connection.resume();
  stdin.on("drain", goOn).on("close", goOn);
  let over = false;
  const leave = (): void => {
    if (over) return;
    over = true;
    stdin.off("drain", goOn).off("close", goOn);
    if (once) stdin.end();
  };
  const cut = frameCutter((_kind, bytes) => {
    if (bytes.length === 0) return leave();
    // Who no longer reads his stdin drops it, and so do we.
    if (!over && stdin.writable && !stdin.write(bytes)) connection.pause();
  });
  connection.on("close", leave).on("data", (chunk: Buffer) => {
    try {
      cut(chunk);
    } catch {
      connection.destroy();
    }
  });
}
