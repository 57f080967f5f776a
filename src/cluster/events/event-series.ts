import { rfc3339 } from "../../model/clock.ts";
import type { NewEvent } from "../cluster.ts";

/** Equal events become one object whose count rises, as the kubelet's correlator does. */
export interface EventSeries {
  readonly event: NewEvent;
  readonly namespace: string;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly firstAt: number;
  lastAt: number;
  count: number;
  /** The object exists in the API server. */
  written: boolean;
}

/** Events with the same key are counted in one object. */
export function seriesKey(event: NewEvent): string {
  const { about, type, reason, message } = event;
  return [about.uid, about.fieldPath ?? "", type, reason, message].join("\n");
}

/** `sequence` tells apart what began in the same millisecond. */
export function beginSeries(event: NewEvent, now: number, sequence: number): EventSeries {
  const nanoseconds = BigInt(now) * 1_000_000n + BigInt(sequence % 1_000_000);
  return {
    event,
    // Events about a Node live in `default`: kubectl describe looks there.
    namespace: event.about.namespace ?? "default",
    name: `${prefix(event.about.name)}.${nanoseconds.toString(16)}`,
    firstAt: now,
    lastAt: now,
    count: 0,
    written: false,
  };
}

/** A name has at most 253 characters, of which the suffix takes 17; what is cut must not end in `-` or `.`. */
function prefix(name: string): string {
  return name.slice(0, 236).replace(/[^a-z0-9]+$/, "");
}

/** A core/v1 Event that looks like the kubelet's, because its reasons have the kubelet's meaning. */
export function eventObject(series: EventSeries): object {
  const { about, nodeName, type, reason, message } = series.event;
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: { namespace: series.namespace, name: series.name },
    involvedObject: { apiVersion: "v1", ...about },
    type,
    reason,
    message,
    source: { component: "kubelet", host: nodeName },
    reportingComponent: "kubelet",
    reportingInstance: nodeName,
    firstTimestamp: rfc3339(series.firstAt),
    ...eventPatch(series),
  };
}

export function eventPatch(series: EventSeries): object {
  return { count: series.count, lastTimestamp: rfc3339(series.lastAt) };
}
