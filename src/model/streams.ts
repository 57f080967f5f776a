/** What flows to and from a running container: log records, and the streams of a process. */
import type { Readable, Writable } from "node:stream";

export interface LogRequest {
  readonly follow: boolean;
  /** Only the last n lines of what is there now; `undefined` = all. */
  readonly tailLines: number | undefined;
  /** Of a task that the provider may know no longer: what the pod's status still tells of the run. */
  readonly ran?: KnownRun | undefined;
}

export interface KnownRun {
  /** Milliseconds since 1970. */
  readonly startedAt?: number | undefined;
  readonly finishedAt?: number | undefined;
  /** As the provider has told it. Whoever may write the status of the pod may have changed it. */
  readonly containerID?: string | undefined;
}

export interface LogRecord {
  /** RFC 3339 with 9 fraction digits, UTC. */
  readonly time: string;
  readonly stream: "stdout" | "stderr";
  /** Without the line end; `partial` = the line goes on in the next record of the same stream. */
  readonly bytes: Buffer;
  readonly partial: boolean;
}

/** Of a terminal, in characters. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** Of a terminal whose size nobody has told: zero by zero confuses programs. */
export const usualSize: TerminalSize = { columns: 80, rows: 24 };

export interface ExecCommand {
  readonly argv: readonly string[];
  readonly tty: boolean;
  /** Of the terminal, as early as the provider can set it, both sides 1 to 65535. `undefined`: `usualSize`. */
  readonly size?: TerminalSize | undefined;
  /** Without it the command reads from an empty stdin. */
  readonly stdin: boolean;
}

/** Byte streams with back-pressure: what is not read or not drained holds up the process at the other end. */
export interface ProcessStream {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Absent with a tty. */
  readonly stderr: Readable | undefined;
  /** Without a tty it does nothing. */
  resize(columns: number, rows: number): void;
  /** 0–255, after both outputs have ended. Rejects with a ProviderError when it cannot be known. */
  readonly exit: Promise<{ readonly code: number }>;
}
