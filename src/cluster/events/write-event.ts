import { ApiError } from "../cluster.ts";
import { calls } from "../rest/calls.ts";
import type { Rest } from "../rest/rest.ts";
import { eventObject, eventPatch, type EventSeries } from "./event-series.ts";

/** Brings the object in the API server up to the series: a new one, or a new count. May be called again after any failure. */
export async function writeEvent(series: EventSeries, rest: Rest): Promise<void> {
  const { namespace, name } = series;
  if (series.written) {
    try {
      await rest.send(calls.patchEvent, { namespace, name, body: eventPatch(series) });
      return;
    } catch (error) {
      // Events live for an hour by default; then a new object begins.
      if (!(error instanceof ApiError) || error.status !== 404) throw error;
      series.written = false;
    }
  }
  try {
    await rest.send(calls.createEvent, { namespace, body: eventObject(series) });
    series.written = true;
  } catch (error) {
    if (!(error instanceof ApiError) || error.reason !== "AlreadyExists") throw error;
    // Ours: written by a try whose answer was lost, perhaps with a lower count.
    await rest.send(calls.patchEvent, { namespace, name, body: eventPatch(series) });
    series.written = true;
  }
}
