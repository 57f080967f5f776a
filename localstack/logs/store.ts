import type { Clock } from "../../src/model/clock.ts";

export interface LogEvent {
  /** Wall milliseconds. */
  readonly timestamp: number;
  readonly message: string;
  readonly ingestionTime: number;
}

export interface LogStream {
  readonly name: string;
  readonly createdAt: number;
  /** In the order of their arrival, which is the order of their times: one container writes a stream. */
  readonly events: LogEvent[];
}

export interface LogGroup {
  readonly name: string;
  readonly createdAt: number;
  readonly streams: Map<string, LogStream>;
}

/** Groups, streams and events of CloudWatch Logs. Everything is kept: a stand-in does not live long. */
export interface LogStore {
  readonly groups: ReadonlyMap<string, LogGroup>;
  hasGroup(name: string): boolean;
  /** False when it exists. */
  createGroup(name: string): boolean;
  /** Of a group that exists; nothing to do for a stream that does. */
  createStream(group: string, stream: string): void;
  /** Writes into a stream of an existing group, and makes the stream. */
  writer(group: string, stream: string): (time: number, text: string) => void;
}

/** `delay`: seconds until what is written can be read; `ingestionTime` is that moment. */
export function createLogStore(clock: Clock, delay: () => number): LogStore {
  const groups = new Map<string, LogGroup>();
  const streamOf = (groupName: string, name: string): LogStream | undefined => {
    const group = groups.get(groupName);
    if (group === undefined) return undefined;
    const stream = group.streams.get(name) ?? { name, createdAt: Math.floor(clock.now()), events: [] };
    group.streams.set(name, stream);
    return stream;
  };
  return {
    groups,
    hasGroup: (name) => groups.has(name),
    createGroup(name) {
      if (groups.has(name)) return false;
      groups.set(name, { name, createdAt: Math.floor(clock.now()), streams: new Map() });
      return true;
    },
    createStream: (group, name) => void streamOf(group, name),
    writer: (group, name) => (time, message) => {
      const ingestionTime = Math.floor(clock.now() + delay() * 1000);
      streamOf(group, name)?.events.push({ timestamp: Math.floor(time), message, ingestionTime });
    },
  };
}

/** Those that can be read by now. */
export function readable({ events }: LogStream, now: number): readonly LogEvent[] {
  // Few wait at the end; a stream is long.
  let end = events.length;
  while (end > 0 && (events[end - 1]?.ingestionTime ?? 0) > now) end -= 1;
  return end === events.length ? events : events.slice(0, end);
}
