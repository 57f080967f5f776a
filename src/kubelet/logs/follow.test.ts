import type { IncomingMessage } from "node:http";

import { afterEach, describe, expect, it } from "vitest";

import { fakeClock } from "../../../test/support/fake-clock.ts";
import { type ContainerRef, type LogRecord, type LogRequest } from "../../provider.ts";
import { rfc3339Nano } from "../../model/clock.ts";
import type { FoundPod } from "../pod-lookup.ts";
import { startTestServer, testAuthority, type TestServer, type TestServerOptions } from "../testing.ts";
import { soon } from "../../../test/support/eventually.ts";

const authority = testAuthority();
const admin = authority.client({ commonName: "admin" });
const servers: TestServer[] = [];

async function start(options: TestServerOptions): Promise<TestServer> {
  const server = await startTestServer({
    clientCA: () => Promise.resolve(authority.cert),
    pods: [web],
    ...options,
  });
  servers.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const web: FoundPod = {
  pod: {
    metadata: { name: "web", namespace: "default" },
    spec: { nodeName: "burst-1", containers: [{ name: "main" }] },
  },
  task: { identity: { clusterUid: "c", podUid: "u", attempt: 1 }, id: "task-1" },
  containers: [{ name: "main", kind: "main", instance: 0, image: "b", state: { is: "running", startedAt: 0 } }],
};

const path = "/containerLogs/default/web/main";
const base = Date.UTC(2026, 0, 2, 3, 4, 5);
const record = (second: number, text: string, change: Partial<LogRecord> = {}): LogRecord => ({
  time: rfc3339Nano(base + second * 1000),
  stream: "stdout",
  bytes: Buffer.from(text),
  partial: false,
  ...change,
});

/** A log that grows when told to. */
function liveLog() {
  const queue: (readonly LogRecord[] | "end")[] = [];
  let wake = (): void => undefined;
  const seen: { signal: AbortSignal | undefined; returned: boolean } = { signal: undefined, returned: false };
  return {
    seen,
    push(...items: (readonly LogRecord[] | "end")[]): void {
      queue.push(...items);
      wake();
    },
    logs: async function* (_source: ContainerRef, _want: LogRequest, signal: AbortSignal) {
      seen.signal = signal;
      try {
        while (true) {
          const next = queue.shift();
          if (next === "end") return;
          if (next !== undefined) yield next;
          else await new Promise<void>((resolve) => (wake = resolve));
        }
      } finally {
        seen.returned = true;
      }
    },
  };
}

/** Reads a response chunk by chunk, losing none in between. */
function reader(response: IncomingMessage): () => Promise<string | undefined> {
  const chunks = response[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  return async () => {
    const { done, value } = await chunks.next();
    return done === true ? undefined : value.toString();
  };
}

describe("GET /containerLogs?follow=true", () => {
  it("sends each record at once and ends with the container", async () => {
    const live = liveLog();
    const server = await start({ provider: live });
    live.push([record(0, "one")]);
    const response = await server.open(`${path}?follow=true`, admin);
    const next = reader(response);
    expect(await next()).toBe("one\n");
    live.push([record(1, "tw", { partial: true })]);
    expect(await next()).toBe("tw");
    live.push([record(2, "o")], "end");
    expect(await next()).toBe("o\n");
    expect(await next()).toBeUndefined();
    expect(response.complete).toBe(true);
  });

  it("answers a follower of a silent container after a second", async () => {
    const clock = fakeClock(Date.now());
    const live = liveLog();
    const server = await start({ provider: live, clock });
    let answered = false;
    const opening = server.open(`${path}?follow=true`, admin).then((response) => ((answered = true), response));
    await soon(() => expect(live.seen.signal).toBeDefined());
    await clock.advance(999);
    expect(answered).toBe(false);
    await clock.advance(1);
    const response = await opening;
    expect(response.statusCode).toBe(200);
    live.push([record(0, "at last")], "end");
    expect(await reader(response)()).toBe("at last\n");
  });

  it("stops reading when the client is gone, also while nothing comes", async () => {
    const live = liveLog();
    const server = await start({ provider: live });
    live.push([record(0, "one")]);
    const response = await server.open(`${path}?follow=true`, admin);
    await reader(response)();
    response.destroy();
    await soon(() => expect(live.seen.signal?.aborted).toBe(true));
  });

  it("ends at limitBytes, though the container goes on", async () => {
    const live = liveLog();
    const server = await start({ provider: live });
    live.push([record(0, "one")], [record(1, "two")]);
    const answer = await server.ask(`${path}?follow=true&limitBytes=5`, admin);
    expect(answer.body).toBe("one\nt");
    await soon(() => expect(live.seen.returned).toBe(true));
  });

  it("ends when the server closes", async () => {
    const live = liveLog();
    const server = await start({ provider: live });
    live.push([record(0, "one")]);
    const response = await server.open(`${path}?follow=true`, admin);
    response.on("error", () => undefined);
    await reader(response)();
    await server.close();
    await soon(() => expect(live.seen.signal?.aborted).toBe(true));
    await soon(() => expect(response.destroyed).toBe(true));
  });
});

it("holds a few batches of a large log when the reader is slow, and delivers all of it", async () => {
  const line = Buffer.alloc(64 * 1024 - 1, "x");
  const total = 2_000; // 125 MiB
  let produced = 0;
  const server = await start({
    provider: {
      logs: async function* () {
        for (; produced < total; produced += 1) yield [record(produced, "", { bytes: line })];
      },
    },
  });
  const response = await server.open(path, admin);
  response.pause();
  // The kernel's socket buffers fill; then production must stand still.
  let before = -1;
  while (produced === 0 || before !== produced) {
    before = produced;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  expect(produced).toBeGreaterThan(0);
  expect(produced * (line.length + 1)).toBeLessThan(16 * 1024 * 1024);
  let received = 0;
  for await (const chunk of response) received += (chunk as Buffer).length;
  expect(received).toBe(total * (line.length + 1));
});
