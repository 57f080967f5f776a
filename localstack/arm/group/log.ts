import { parseTime, rfc3339Nano } from "../../../src/model/clock.ts";
import type { LogRecord } from "../../../src/model/streams.ts";
import type { GroupLife } from "./life.ts";
import type { ContainerRecord } from "./record.ts";
import type { Surroundings } from "./surroundings.ts";

export interface LogWish {
  /** Lines. */
  readonly tail: number | undefined;
  readonly timestamps: boolean;
}

/** Bytes and lines that Azure keeps, while a container runs and once it has ended (Azure's page of ACI's limits). */
const kept = { running: { bytes: 4 * 2 ** 20, lines: Infinity }, ended: { bytes: 16 * 2 ** 10, lines: 1000 } } as const;

/** Both streams of the present run in one text, each line ended; of a container that has not run: nothing. */
export async function containerLog(
  { runtime, clock }: Surroundings,
  { deployment }: GroupLife,
  { name, instance, current, previous, printed }: ContainerRecord,
  { tail, timestamps }: LogWish,
): Promise<string> {
  const waitsAgain = current?.state === "Waiting" && previous !== undefined;
  if (deployment === undefined || (current?.state === "Waiting" && !waitsAgain)) return "";
  const source = { task: deployment.task, container: name, instance };
  const timeOf = ({ time }: LogRecord): string =>
    runtime.kind === "scripted" ? time : rfc3339Nano(clock.fromBelow(parseTime(time) ?? clock.now()));
  const lines: Buffer[] = [];
  const begun: Record<LogRecord["stream"], Buffer> = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  try {
    const over = new AbortController();
    for await (const records of runtime.logs(source, { follow: false, tailLines: undefined }, over.signal)) {
      for (const record of records) {
        const isNew = begun[record.stream].length === 0;
        const stamp = timestamps && isNew ? [Buffer.from(`${timeOf(record)} `)] : [];
        const line = Buffer.concat([begun[record.stream], ...stamp, record.bytes]);
        begun[record.stream] = record.partial ? line : Buffer.alloc(0);
        if (!record.partial) lines.push(line);
      }
    }
  } catch {
    // A run whose output the runtime has lost, or that has none yet: what there is.
  }
  for (const rest of Object.values(begun)) if (rest.length > 0) lines.push(rest);
  for (const { time, line } of printed) lines.push(Buffer.from(timestamps ? `${rfc3339Nano(time)} ${line}` : line));
  return cut(lines, kept[current?.state === "Running" ? "running" : "ended"], tail);
}

/** The newest lines that fit; of the first one its end. */
function cut(
  lines: readonly Buffer[],
  most: { readonly bytes: number; readonly lines: number },
  tail = Infinity,
): string {
  const last = lines.slice(Math.max(0, lines.length - Math.min(most.lines, tail)));
  const whole = Buffer.concat(last.flatMap((line) => [line, Buffer.from("\n")]));
  return whole.subarray(Math.max(0, whole.length - most.bytes)).toString("utf8");
}
