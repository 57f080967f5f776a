/** For the tests of this folder: what Azure does with a command, on terminals of this machine. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import { buffer, text } from "node:stream/consumers";
import { type WebSocket, WebSocketServer } from "ws";
import { systemClock as clock } from "../../../src/telemetry/clock.ts";
import { type ExecCommand, type ProcessStream, ProviderError, SecretText } from "../../../src/provider.ts";
import { openTerminals } from "../../local/runtime/process/terminal/terminals.ts";
import type { Entrance } from "./connection.ts";
import { createExec, type Exec } from "./exec/exec.ts";
import type { ExecCall } from "./shell/open-shell.ts";
import { silentLog } from "../../../test/support/silent-log.ts";

/** What is `/bin/sh` in the containers, and its programs: those of Debian, or busybox's own. */
export type Image = "dash" | "bash" | "busybox" | "none";

export interface FakeAzure {
  readonly client: ExecCall;
  readonly exec: Exec;
  /** Commands that were asked for. */
  readonly asked: string[];
  /** Breaks every connection, and leaves the commands to themselves. */
  breakOff(): void;
  close(): Promise<void>;
}

interface How {
  readonly image: Image;
  /** The service cuts the command at its spaces. */
  readonly splits?: boolean;
  /** It says of a program that is not there: an error of the call, or only the end of the stream. */
  readonly missing?: "error" | "end";
  /** The end of the connection hangs the terminal up. */
  readonly hangsUp?: boolean;
  /** It has nothing but the shell. */
  readonly bare?: boolean;
}

const shells: Readonly<Record<Exclude<Image, "none">, string>> = {
  dash: "/usr/bin/dash",
  bash: "/usr/bin/bash",
  busybox: "/usr/bin/busybox",
};

export async function startFakeAzure({
  image,
  splits = false,
  missing = "end",
  hangsUp = true,
  bare = false,
}: How): Promise<FakeAzure> {
  const folder = mkdtempSync(join(tmpdir(), "burstlet-aci-"));
  if (image === "busybox") spawnSync(shells.busybox, ["--install", "-s", folder]);
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  const entrances = new Map<string, { password: string; command: string; rows: number; cols: number }>();
  const asked: string[] = [];
  const sockets = new Set<WebSocket>();

  server.on("connection", (socket, { url = "" }) => {
    const found = entrances.get(url);
    entrances.delete(url);
    if (found === undefined) return socket.close(1008);
    sockets.add(socket);
    socket.once("message", (first: Buffer, isBinary: boolean) => {
      if (isBinary || first.toString() !== found.password) return socket.close(1008);
      const words = splits ? found.command.split(" ") : [found.command];
      serve(socket, words, found);
    });
  });

  const serve = (socket: WebSocket, words: readonly string[], { rows, cols }: { rows: number; cols: number }): void => {
    const [program = ""] = words;
    if (!isThere(image, program)) {
      socket.send(`exec: "${program}": no such file or directory\r\n`);
      return socket.close();
    }
    const argv = image === "none" ? words : inImage(shells[image], words);
    const env = { PATH: bare ? "/nowhere" : `${folder}:${process.env["PATH"]}`, TERM: "xterm" };
    const wired = openTerminals()({ argv: argv as [string], env, groups: [], detached: false }, clock, {
      rows,
      columns: cols,
    });
    socket.on("message", (data: Buffer) => {
      if (wired.stdin?.write(data) === false) {
        socket.pause();
        wired.stdin.once("drain", () => socket.resume());
      }
    });
    wired.stdout.on("data", (chunk: Buffer) => {
      socket.send(chunk);
      if (socket.bufferedAmount < 1 << 20) return;
      wired.stdout.pause();
      const look = setInterval(() => {
        if (socket.bufferedAmount > 1 << 18 && socket.readyState === socket.OPEN) return;
        clearInterval(look);
        wired.stdout.resume();
      }, 5);
    });
    wired.stdout.once("end", () => socket.close());
    socket.once("close", () => {
      sockets.delete(socket);
      if (hangsUp) wired.close();
      else wired.stdout.resume();
    });
  };

  const client: ExecCall = {
    async exec(_group, _container, { command, terminal: { rows, cols } }): Promise<Entrance> {
      asked.push(command);
      const program = splits ? (command.split(" ")[0] ?? "") : command;
      if (missing === "error" && !isThere(image, program))
        throw new ProviderError("invalid", "ExecFailed", `${program} is not there`);
      const url = `/execstream/${randomBytes(8).toString("hex")}?rows=${rows}&cols=${cols}`;
      const password = randomBytes(16).toString("hex");
      entrances.set(url, { password, command, rows, cols });
      const { port } = server.address() as AddressInfo;
      return { webSocketUri: `ws://127.0.0.1:${port}${url}`, password: new SecretText(password) };
    },
  };
  return {
    client,
    asked,
    exec: createExec({ client, groups: { find: () => ({ name: "bl-1" }) }, clock, log: silentLog }),
    breakOff: () => sockets.forEach((socket) => socket.terminate()),
    async close() {
      sockets.forEach((socket) => socket.terminate());
      server.close();
      rmSync(folder, { recursive: true, force: true });
      await Promise.resolve();
    },
  };
}

const isThere = (image: Image, program: string): boolean =>
  image === "none"
    ? !program.endsWith("/sh") && program.startsWith("/usr/bin/") && !program.includes(" ")
    : program === "/bin/sh";

/** In a mount namespace of its own, where /bin/sh is that shell. */
function inImage(shell: string, words: readonly string[]): string[] {
  const become = `/usr/bin/mount --bind ${shell} /usr/bin/dash; exec /usr/bin/setsid -c "$@"`;
  return ["/usr/bin/unshare", "-m", "/usr/bin/dash", "-c", become, "sh", ...words];
}

export const target = (container = "main") =>
  ({ task: { identity: { clusterUid: "c", podUid: "p", attempt: 1 } }, container, instance: 0 }) as const;

export interface Told {
  readonly code: number;
  readonly out: Buffer;
  readonly err: string;
}

/** Runs a command to its end. */
export async function told(
  exec: Exec,
  command: Partial<ExecCommand>,
  input?: Buffer | string,
  signal = new AbortController().signal,
): Promise<Told> {
  const stream = await exec(target(), { argv: [], tty: false, stdin: input !== undefined, ...command }, signal);
  return toldBy(stream, input);
}

async function toldBy(stream: ProcessStream, input?: Buffer | string): Promise<Told> {
  stream.stdin.end(input ?? "");
  const [out, err, { code }] = await Promise.all([
    buffer(stream.stdout),
    stream.stderr === undefined ? "" : text(stream.stderr),
    stream.exit,
  ]);
  return { code, out, err };
}
