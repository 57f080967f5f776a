import type { LogRecord } from "../../../src/model/streams.ts";
import { parseTime } from "../../../src/model/clock.ts";
import type { Runtime } from "../../../providers/local/runtime/runtime.ts";
import type { PacedClock } from "../../clock.ts";
import { identityOf } from "../../owner.ts";

export interface LogPump {
  readonly runtime: Runtime;
  readonly clock: PacedClock;
  readonly taskId: string;
  readonly container: string;
  /** Takes one event; `time` in wall milliseconds of the stand-in's clock. */
  readonly write: (time: number, text: string) => void;
}

/** An event of CloudWatch Logs has at most 256 KiB with its 26 bytes of overhead; longer lines are cut there. */
const longest = 256 * 1024 - 26;

/**
 * What a container writes, line by line, as the log driver sends it: both streams in one, until the run has ended. A
 * timetable writes one line at its start, so that nobody has to stay for more.
 */
export async function pumpLogs(
  { runtime, clock, taskId, container, write }: LogPump,
  signal: AbortSignal,
): Promise<void> {
  const source = { task: { identity: identityOf(taskId) }, container, instance: 0 };
  const scripted = runtime.kind === "scripted";
  const timeOf = ({ time }: LogRecord): number => {
    const at = parseTime(time) ?? clock.now();
    return scripted ? at : clock.fromBelow(at);
  };
  const begun: Record<LogRecord["stream"], Buffer> = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  for await (const records of runtime.logs(source, { follow: !scripted, tailLines: undefined }, signal)) {
    for (const record of records) {
      const line = Buffer.concat([begun[record.stream], record.bytes]);
      const goesOn = record.partial && line.length < longest;
      begun[record.stream] = goesOn ? line : Buffer.alloc(0);
      if (!goesOn) for (const piece of pieces(line)) write(timeOf(record), piece);
    }
  }
}

function pieces(line: Buffer): readonly string[] {
  if (line.length <= longest) return [line.toString("utf8")];
  return Array.from({ length: Math.ceil(line.length / longest) }, (_, index) =>
    line.subarray(index * longest, (index + 1) * longest).toString("utf8"),
  );
}
