/** What the tests of this room share: an API server of the test's own on loopback, and a Rest that talks to it. */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate } from "node:timers/promises";
import { onTestFinished } from "vitest";
import type { FakeClock } from "../../test/support/fake-clock.ts";
import type { Clock, Log } from "../provider.ts";
import { systemClock } from "../telemetry/clock.ts";
import { createHealth } from "./rest/health.ts";
import type { TellRequest } from "./rest/measure.ts";
import { createRest, type Rest } from "./rest/rest.ts";
import { createTransport } from "./rest/transport.ts";

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
}

export interface TestApi {
  readonly url: string;
  readonly requests: readonly Seen[];
}

/** Answers each request with `answer`: a value is sent as JSON with 200, `undefined` leaves the response to the callee. */
export async function testApi(answer: (seen: Seen, response: ServerResponse) => unknown): Promise<TestApi> {
  const requests: Seen[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const url = new URL(request.url ?? "", "http://api");
      const text = Buffer.concat(chunks).toString();
      const seen: Seen = {
        method: request.method ?? "",
        path: url.pathname,
        query: Object.fromEntries(url.searchParams),
        headers: request.headers,
        body: text === "" ? undefined : JSON.parse(text),
      };
      requests.push(seen);
      const body = answer(seen, response);
      if (body !== undefined) response.setHeader("content-type", "application/json").end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

/** Sends a metav1.Status. */
export function fail(
  response: ServerResponse,
  code: number,
  reason: string,
  more: { message?: string; fields?: readonly string[]; retryAfter?: number } = {},
): void {
  const details = { causes: (more.fields ?? []).map((field) => ({ field })) };
  const status = { kind: "Status", status: "Failure", reason, message: more.message ?? reason, code, details };
  if (more.retryAfter !== undefined) response.setHeader("retry-after", String(more.retryAfter));
  response.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(status));
}

export interface TestRestOptions {
  readonly clock?: Clock;
  readonly log?: Log;
  readonly patienceMs?: number;
  readonly connections?: number;
  readonly seen?: TellRequest;
}

export function testRest(url: string, options: TestRestOptions = {}): Rest {
  const { clock = systemClock, log = quietLog, patienceMs = 5_000, connections = 4, seen } = options;
  const access = { server: url, proxyUrl: undefined, tls: {}, headers: { authorization: "Bearer good" } };
  const credentials = { origin: "test", read: async () => access, forget: () => undefined };
  const transport = createTransport({ credentials, clock, userAgent: "burstlet/test", connections });
  onTestFinished(() => transport.close());
  return createRest({ transport, health: createHealth(url, clock, log), clock, log, patienceMs, seen });
}

export const quietLog: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore };

function ignore(): void {}

export interface LogLine {
  readonly level: keyof Log;
  readonly message: string;
  readonly fields: object | undefined;
}

/** A log that keeps its lines. */
export function keptLog(): { log: Log; lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at = (level: keyof Log) => (message: string, fields?: object) => void lines.push({ level, message, fields });
  return { log: { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") }, lines };
}

/** Moves a fake clock along in small steps, with real sockets in between, until the condition holds. */
export async function advanceUntil(clock: FakeClock, condition: () => boolean, stepMs = 50): Promise<void> {
  const end = systemClock.monotonic() + 45_000;
  while (!condition()) {
    if (systemClock.monotonic() > end) throw new Error("the condition did not come true");
    await clock.advance(stepMs);
    await setImmediate();
  }
}
