import type { ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { eventually } from "../../../test/support/eventually.ts";
import { fakeClock, type FakeClock } from "../../../test/support/fake-clock.ts";
import type { NewEvent } from "../cluster.ts";
import {
  advanceUntil,
  fail,
  keptLog,
  quietLog,
  testApi,
  testRest,
  type LogLine,
  type Seen,
  type TestApi,
} from "../testing.ts";
import { createEventRecorder } from "./recorder.ts";

const about = (uid: string): NewEvent["about"] => ({ kind: "Pod", namespace: "default", name: "web", uid });
const event = (message: string, uid = "u1"): NewEvent => ({
  about: about(uid),
  type: "Warning",
  reason: "BackOff",
  message,
  nodeName: "burst-1",
});

interface Setup extends TestApi {
  readonly events: ReturnType<typeof createEventRecorder>;
  readonly clock: FakeClock;
  readonly lines: readonly LogLine[];
}

async function begin(answer: (seen: Seen, response: ServerResponse) => unknown = () => ({})): Promise<Setup> {
  const api = await testApi(answer);
  const clock = fakeClock();
  const { log, lines } = keptLog();
  const rest = testRest(api.url, { clock, connections: 16 });
  return { ...api, clock, lines, events: createEventRecorder({ rest, clock, log, random: () => 0 }) };
}

const counts = (requests: readonly Seen[]): unknown[] =>
  requests.map(({ method, body }) => [method, (body as { count: number }).count]);
const warnings = (lines: readonly LogLine[]): string[] =>
  lines.filter(({ level }) => level === "warn").map(({ message }) => message);

describe("event recorder", () => {
  it("writes one object for equal events and patches its count and time", async () => {
    const { events, clock, requests } = await begin();
    events.record(event("again"));
    await events.flush();
    await clock.advance(60_000);
    events.record(event("again"));
    await events.flush();
    expect(counts(requests)).toEqual([
      ["POST", 1],
      ["PATCH", 2],
    ]);
    const [first, second] = requests;
    const path = second?.path ?? "";
    expect(first?.path).toBe("/api/v1/namespaces/default/events");
    expect(first?.body).toMatchObject({ metadata: { name: path.slice(path.lastIndexOf("/") + 1) } });
    expect(second?.body).toEqual({ count: 2, lastTimestamp: "2026-01-02T03:05:05Z" });
  });

  it("sends events that repeat while one is under way in one patch", async () => {
    const held: ServerResponse[] = [];
    const { events, requests } = await begin((seen, response) =>
      seen.method === "POST" ? void held.push(response) : {},
    );
    events.record(event("again"));
    await eventually("the first", () => held.length === 1);
    for (let count = 0; count < 5; count += 1) events.record(event("again"));
    held[0]?.end("{}");
    await events.flush();
    expect(counts(requests)).toEqual([
      ["POST", 1],
      ["PATCH", 6],
    ]);
  });

  it("sends one by one while many other requests are under way, and four at once when they are answered", async () => {
    const held: { seen: Seen; response: ServerResponse }[] = [];
    const api = await testApi((seen, response) => void held.push({ seen, response }));
    const clock = fakeClock();
    const rest = testRest(api.url, { clock, connections: 16 });
    const events = createEventRecorder({ rest, clock, log: quietLog, random: () => 0 });
    const others = Array.from({ length: 8 }, async () => rest.getPath("/version"));
    await eventually("the others", () => held.length === 8);
    for (let pod = 0; pod < 10; pod += 1) events.record(event("m", `u${pod}`));
    const posts = () => held.filter(({ seen }) => seen.method === "POST");
    await eventually("one", () => posts().length === 1);
    for (let sent = 1; sent <= 3; sent += 1) {
      posts()[sent - 1]?.response.end("{}");
      await eventually("the next one", () => posts().length > sent);
      expect(posts()).toHaveLength(sent + 1);
    }
    for (const { seen, response } of held) if (seen.method === "GET") response.end("{}");
    await Promise.all(others);
    posts()[3]?.response.end("{}");
    await eventually("four at once", () => posts().length === 8);
    for (let done = 4; done < 10; done += 1) {
      await eventually("more", () => posts().length > done);
      posts()[done]?.response.end("{}");
    }
    await events.flush();
  });

  it("has at most four requests under way", async () => {
    const held: ServerResponse[] = [];
    const { events } = await begin((_, response) => void held.push(response));
    for (let pod = 0; pod < 50; pod += 1) events.record(event("m", `u${pod}`));
    await eventually("four", () => held.length === 4);
    const flushed = events.flush();
    let done = 0;
    while (done < 50) {
      await eventually("more", () => held.length > done);
      expect(held.length - done).toBeLessThanOrEqual(4);
      held[done]?.end("{}");
      done += 1;
    }
    await flushed;
  });

  it("limits a flood of one object and says so once", async () => {
    const { events, requests, lines } = await begin();
    for (let count = 0; count < 40; count += 1) events.record(event(`message ${count}`));
    events.record(event("another object", "u2"));
    await events.flush();
    expect(requests).toHaveLength(26);
    expect(warnings(lines)).toEqual(["events of this object are limited"]);
  });

  it("lets a probe that fails each second for an hour cost 36 requests", async () => {
    const { events, clock, requests } = await begin();
    for (let second = 0; second < 3_600; second++) {
      events.record(event("Readiness probe failed: HTTP probe failed with statuscode: 503"));
      await events.flush();
      await clock.advance(1_000);
    }
    // 25 at once, then one in five minutes.
    expect(requests.map(({ method }) => method)).toEqual(["POST", ...Array.from({ length: 35 }, () => "PATCH")]);
    expect(counts(requests).at(-1)).toEqual(["PATCH", 36]);
  });

  it("waits with all events while nobody answers, then sends each of them once", async () => {
    let away = true;
    let tried = 0;
    const { events, clock, requests } = await begin((_, response) => {
      if (!away) return {};
      tried += 1;
      response.destroy();
      return undefined;
    });
    for (let pod = 0; pod < 20; pod += 1) events.record(event("m", `u${pod}`));
    const start = clock.monotonic();
    await advanceUntil(clock, () => tried >= 12, 100);
    expect(clock.monotonic() - start).toBeGreaterThanOrEqual(750);
    away = false;
    const before = requests.length;
    await advanceUntil(clock, () => requests.length === before + 20, 100);
    const uids = requests
      .slice(before)
      .map(({ body }) => (body as { involvedObject: { uid: string } }).involvedObject.uid);
    expect(new Set(uids).size).toBe(20);
  });

  it("gives an event up after twelve failures and says so", async () => {
    const { events, clock, requests, lines } = await begin((_, response) => fail(response, 500, "InternalError"));
    events.record(event("m"));
    await advanceUntil(clock, () => warnings(lines).length > 0, 1_000);
    expect(requests).toHaveLength(12);
    expect(warnings(lines)).toEqual(["event given up"]);
  });

  it("does not repeat an event that is refused", async () => {
    const { events, requests, lines } = await begin((_, response) => fail(response, 403, "Forbidden"));
    events.record(event("m"));
    await events.flush();
    expect(requests).toHaveLength(1);
    expect(lines.map(({ level, message }) => [level, message])).toEqual([["debug", "event refused"]]);
  });

  it("begins a new object when the old one has expired", async () => {
    const { events, requests } = await begin((seen, response) =>
      seen.method === "PATCH" ? fail(response, 404, "NotFound") : {},
    );
    events.record(event("again"));
    await events.flush();
    events.record(event("again"));
    await events.flush();
    expect(counts(requests)).toEqual([
      ["POST", 1],
      ["PATCH", 2],
      ["POST", 2],
    ]);
  });

  it("takes an object that exists already for the one whose answer was lost", async () => {
    const { events, requests } = await begin((seen, response) =>
      seen.method === "POST" ? fail(response, 409, "AlreadyExists") : {},
    );
    events.record(event("m"));
    await events.flush();
    expect(counts(requests)).toEqual([
      ["POST", 1],
      ["PATCH", 1],
    ]);
  });

  it("ends a flush soon when nobody answers, and says how many events that cost", async () => {
    const { events, requests, lines } = await begin((_, response) => void response.destroy());
    for (let pod = 0; pod < 100; pod += 1) events.record(event("m", `u${pod}`));
    await events.flush();
    expect(requests.length).toBeLessThanOrEqual(8);
    expect(warnings(lines)).toContain("events given up: the API server does not answer");
    events.record(event("later", "u3"));
    await events.flush();
    expect(requests.at(-1)?.body).toMatchObject({ message: "later" });
  });
});
