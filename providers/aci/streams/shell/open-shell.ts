/** Starts a shell in a container and agrees with it on how to speak. */
import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { type Clock, ProviderError, type TerminalSize, usualSize } from "../../../../src/provider.ts";
import { type Entrance, openConnection } from "../connection.ts";
import { MarkReader, type Piece } from "./marks.ts";
import { opening } from "./programs.ts";

/** Of the client, see there. */
export interface ExecCall {
  exec(
    group: string,
    container: string,
    how: { readonly command: string; readonly terminal: { readonly rows: number; readonly cols: number } },
    signal?: AbortSignal,
  ): Promise<Entrance>;
}

/** Where a command is to run: a container of a group, by Azure's names. */
export interface Inside {
  readonly group: string;
  readonly container: string;
}

/** A shell that listens. */
export interface OpenShell {
  readonly connection: Duplex;
  /** Its terminal's output from now on, in pieces. Throws when the connection breaks, ends with it. */
  readonly pieces: AsyncGenerator<Piece, void>;
}

export interface ShellParts {
  readonly client: ExecCall;
  readonly clock: Clock;
}

/** Where images have a shell: nearly all of them, and the ones for debugging of "distroless". */
const places = ["/bin/sh", "/busybox/sh"] as const;

/** How long a shell may take to say that it is ready, milliseconds. */
const patience = 20_000;
/** It says something by itself, its prompt. Whoever speaks before is heard too, if nothing is lost on the way. */
const silence = 1_500;
/** What the end of a start that failed has said, for its error: characters. */
const mostWords = 300;

/**
 * `program`: by the key of its marks. Rejects with `invalid` and the reason `NoShell` where the image has none: Azure may say
 * so by an error, or by ending the stream at once (which of them is not verified).
 */
export async function openShell(
  parts: ShellParts,
  { group, container }: Inside,
  program: (key: string) => string,
  size: TerminalSize = usualSize,
  signal: AbortSignal = new AbortController().signal,
): Promise<OpenShell> {
  const said: string[] = [];
  for (const place of places) {
    const started = await startAt(parts, { group, container }, place, size, signal);
    if ("connection" in started) {
      const { connection, key, pieces } = started;
      connection.write(program(key));
      return { connection, pieces };
    }
    said.push(started.words);
  }
  const words = said.find((text) => text !== "");
  const sentence = `the image has no shell at ${places.join(" or ")}, which a command on Azure needs to be run by`;
  throw new ProviderError("invalid", "NoShell", words === undefined ? sentence : `${sentence} (${words})`);
}

type Started = (OpenShell & { readonly key: string }) | { readonly words: string };

async function startAt(
  { client, clock }: ShellParts,
  { group, container }: Inside,
  command: string,
  size: TerminalSize,
  signal: AbortSignal,
): Promise<Started> {
  const terminal = { rows: size.rows, cols: size.columns };
  const entrance = await client.exec(group, container, { command, terminal }, signal).catch((error: unknown) => {
    if (error instanceof ProviderError && error.kind === "invalid") return { words: error.message };
    throw error;
  });
  if ("words" in entrance) return entrance;
  const connection = await openConnection(entrance, "message", signal);
  const key = randomBytes(8).toString("hex");
  const leave = (): void => void connection.destroy();
  signal.addEventListener("abort", leave, { once: true });
  let isLate = false;
  const cancel = clock.after(patience, () => {
    isLate = true;
    leave();
  });
  try {
    const pieces = piecesOf(connection, key);
    const words = await untilReady(connection, pieces, opening(key, command), clock);
    signal.throwIfAborted();
    if (isLate)
      throw new ProviderError("transient", "ShellSilent", `a shell did not answer within ${patience / 1000} s`);
    return words === undefined ? { connection, key, pieces } : { words };
  } finally {
    cancel();
    signal.removeEventListener("abort", leave);
  }
}

/** `undefined` when the shell is ready; else its last words. */
async function untilReady(
  connection: Duplex,
  pieces: AsyncGenerator<Piece, void>,
  line: string,
  clock: Clock,
): Promise<string | undefined> {
  let isSent = false;
  const send = (): void => {
    if (!isSent && !connection.destroyed) connection.write(line);
    isSent = true;
  };
  const cancel = clock.after(silence, send);
  let heard = "";
  try {
    for (;;) {
      const { done, value: piece } = await pieces.next();
      if (done === true) return lastWords(heard);
      send();
      if ("mark" in piece) {
        if (piece.mark.said === "ready") return undefined;
      } else heard = `${heard}${piece.bytes.toString("latin1")}`.slice(-4 * mostWords);
    }
  } catch {
    return lastWords(heard);
  } finally {
    cancel();
  }
}

/** What is no letter of plain text, and escape sequences, are nobody's business. */
function lastWords(heard: string): string {
  return stripVTControlCharacters(heard)
    .replaceAll(/[^\x20-\x7E]+/g, " ")
    .trim()
    .slice(-mostWords);
}

async function* piecesOf(connection: Duplex, key: string): AsyncGenerator<Piece, void> {
  const reader = new MarkReader(key);
  for await (const chunk of connection as AsyncIterable<Buffer>) yield* reader.push(chunk);
  const rest = reader.rest();
  if (rest.length > 0) yield { bytes: rest };
}
