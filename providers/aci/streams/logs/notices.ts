/** What burstlet itself says in a log, in a line of its own. Pure. */
import type { LogLine } from "./lines.ts";

export const cutNotice =
  "[burstlet: Azure keeps 16 KB or 1,000 lines of what has ended; lines before these may be missing. aci.logs.directory keeps them]";
const missedNotice = "[burstlet: here lines are missing that Azure has dropped before they could be read]";
export const droppedNotice =
  "[burstlet: older lines were dropped, for want of room in the directory of aci.logs (aci.logs.maxBytes)]";

export const noRoomNotice =
  "[burstlet: of a run that was asked to end 1 MB is kept; lines before these are missing. aci.logs.directory keeps more]";

/** Of ours: a place is not found again by it. */
export function isNotice({ text }: Pick<LogLine, "text">): boolean {
  return text.startsWith("[burstlet: ");
}

/** At the time of the line that follows. */
export function notice(text: string, { time }: Pick<LogLine, "time">): LogLine {
  return { time, text, raw: "" };
}

/** With the notice where lines are missing before these. */
export function told(fresh: readonly LogLine[], missed: boolean): readonly LogLine[] {
  const [first] = fresh;
  return missed && first !== undefined ? [notice(missedNotice, first), ...fresh] : fresh;
}
