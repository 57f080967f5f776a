import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { NewEvent } from "../cluster.ts";
import { beginSeries, eventObject, eventPatch, seriesKey } from "./event-series.ts";

const event: NewEvent = {
  about: { kind: "Pod", namespace: "default", name: "web", uid: "u1", fieldPath: "spec.containers{c}" },
  type: "Normal",
  reason: "Started",
  message: "Started container c",
  nodeName: "burst-1",
};

describe("event series", () => {
  it("looks like the kubelet's event", () => {
    const series = { ...beginSeries(event, Date.parse("2026-01-02T03:04:05.678Z"), 7), count: 3 };
    series.lastAt += 60_000;
    expect(eventObject(series)).toEqual({
      apiVersion: "v1",
      kind: "Event",
      metadata: { namespace: "default", name: "web.1886caf244ffa787" },
      involvedObject: {
        apiVersion: "v1",
        kind: "Pod",
        namespace: "default",
        name: "web",
        uid: "u1",
        fieldPath: "spec.containers{c}",
      },
      type: "Normal",
      reason: "Started",
      message: "Started container c",
      source: { component: "kubelet", host: "burst-1" },
      reportingComponent: "kubelet",
      reportingInstance: "burst-1",
      firstTimestamp: "2026-01-02T03:04:05Z",
      lastTimestamp: "2026-01-02T03:05:05Z",
      count: 3,
    });
    expect(eventPatch(series)).toEqual({ count: 3, lastTimestamp: "2026-01-02T03:05:05Z" });
  });

  it("of a Node lives in namespace default", () => {
    expect(beginSeries({ ...event, about: { kind: "Node", name: "burst-1", uid: "burst-1" } }, 0, 0).namespace).toBe(
      "default",
    );
  });

  it.each([
    ["uid", { about: { ...event.about, uid: "u2" } }],
    ["container", { about: { ...event.about, fieldPath: "spec.containers{d}" } }],
    ["type", { type: "Warning" }],
    ["reason", { reason: "Killing" }],
    ["message", { message: "Started container d" }],
  ] as const)("is another one for another %s", (_, change) => {
    expect(seriesKey({ ...event, ...change })).not.toBe(seriesKey(event));
    expect(seriesKey({ ...event })).toBe(seriesKey(event));
  });

  it("has a name that the API server takes and no other series has", () => {
    const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
    const name = fc.array(label, { minLength: 1, maxLength: 8 }).map((labels) =>
      labels
        .join(".")
        .slice(0, 253)
        .replace(/[^a-z0-9]+$/, ""),
    );
    fc.assert(
      fc.property(name, fc.nat({ max: 4e12 }), fc.nat({ max: 999_998 }), (pod, now, sequence) => {
        const about = { ...event.about, name: pod };
        const first = beginSeries({ ...event, about }, now, sequence).name;
        expect(first).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/);
        expect(first.length).toBeLessThanOrEqual(253);
        expect(beginSeries({ ...event, about }, now, sequence + 1).name).not.toBe(first);
      }),
    );
  });
});
