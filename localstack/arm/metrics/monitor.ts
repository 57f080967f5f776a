import type { TaskStats } from "../../../src/model/task-stats.ts";
import type { PacedClock } from "../../clock.ts";
import type { Sample } from "../../follow.ts";
import type { GroupRecord } from "../group/record.ts";

/** What a container used in one minute: averages of what was seen in it. */
export interface MinuteOfUse {
  /** Its begin, milliseconds since 1970. */
  readonly at: number;
  readonly milliCores: number;
  readonly bytes: number;
}

/** What Azure Monitor keeps of container groups. */
export interface Monitor {
  /** By container, of a group by its uid: the minutes in which it was seen, the oldest first. */
  minutesOf(uid: string): ReadonlyMap<string, readonly MinuteOfUse[]>;
  close(): void;
}

export interface MonitorOptions {
  readonly groups: { readonly all: readonly Pick<GroupRecord, "uid">[] };
  readonly sample: Sample;
  readonly clock: PacedClock;
}

/** How often Azure looks, and for how long it remembers: plausible; months are kept there. */
const everyMs = 10_000;
export const minuteMs = 60_000;
const keptMinutes = 120;

interface Series {
  readonly minutes: { readonly at: number; seen: number; milliCores: number; bytes: number }[];
  last: TaskStats["containers"][number] | undefined;
}

export function createMonitor({ groups, sample, clock }: MonitorOptions): Monitor {
  const all = new Map<string, Map<string, Series>>();
  let cancel: (() => void) | undefined;
  let closed = false;

  const look = async (): Promise<void> => {
    const known = new Set(groups.all.map(({ uid }) => uid));
    for (const uid of all.keys()) if (!known.has(uid)) all.delete(uid);
    if (known.size === 0) return;
    const at = Math.floor(clock.now() / minuteMs) * minuteMs;
    for (const { identity, containers } of await sample()) {
      const group = all.get(identity.podUid) ?? new Map<string, Series>();
      if (known.has(identity.podUid)) all.set(identity.podUid, group);
      for (const one of containers) {
        const series = group.get(one.name) ?? { minutes: [], last: undefined };
        group.set(one.name, series);
        book(series, one, at);
      }
    }
  };
  const later = (): void => {
    if (closed) return;
    cancel = clock.after(
      everyMs,
      () =>
        void look()
          .catch(() => undefined)
          .finally(later),
    );
  };
  later();

  return {
    minutesOf: (uid) => new Map([...(all.get(uid) ?? [])].map(([name, { minutes }]) => [name, minutes.map(averageOf)])),
    close() {
      closed = true;
      cancel?.();
    },
  };
}

/** A run that has just begun is counted from its start. */
function book(series: Series, next: TaskStats["containers"][number], at: number): void {
  const { last, minutes } = series;
  const before =
    last?.startedAt === next.startedAt && next.cpuSeconds >= last.cpuSeconds
      ? last
      : { time: next.startedAt, cpuSeconds: 0 };
  const seconds = (next.time - before.time) / 1000;
  if (seconds <= 0) return;
  series.last = next;
  const known = minutes.at(-1);
  const present = known?.at === at ? known : { at, seen: 0, milliCores: 0, bytes: 0 };
  if (present !== known) minutes.push(present);
  present.seen += 1;
  present.milliCores += ((next.cpuSeconds - before.cpuSeconds) / seconds) * 1000;
  present.bytes += next.memoryBytes;
  if (minutes.length > keptMinutes) minutes.shift();
}

function averageOf({ at, seen, milliCores, bytes }: Series["minutes"][number]): MinuteOfUse {
  return { at, milliCores: milliCores / seen, bytes: bytes / seen };
}
