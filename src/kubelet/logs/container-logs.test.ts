import { connect } from "node:tls";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, it, test } from "vitest";

import { fakeClock } from "../../../test/support/fake-clock.ts";
import { ProviderError, type ContainerRef, type LogRecord, type LogRequest } from "../../provider.ts";
import { rfc3339Nano } from "../../model/clock.ts";
import type { FoundPod } from "../pod-lookup.ts";
import { startTestServer, testAuthority, type TestServer, type TestServerOptions } from "../testing.ts";

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
    spec: { nodeName: "burst-1", initContainers: [{ name: "init" }], containers: [{ name: "main" }, { name: "slow" }] },
  },
  task: { identity: { clusterUid: "c", podUid: "u", attempt: 1 }, id: "task-1" },
  containers: [
    {
      name: "init",
      kind: "init",
      instance: 0,
      image: "b",
      state: { is: "terminated", exitCode: 0, reason: "Completed" },
    },
    { name: "main", kind: "main", instance: 1, image: "b", state: { is: "running", startedAt: 0 } },
    { name: "slow", kind: "main", instance: 0, image: "b", state: { is: "waiting", reason: "PodInitializing" } },
  ],
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

/** A provider that keeps its logs in memory and honours LogRequest to the letter. */
function memoryLogs(log: readonly LogRecord[]) {
  const asked: { source: ContainerRef; want: LogRequest }[] = [];
  const logs = async function* (source: ContainerRef, want: LogRequest): AsyncGenerator<readonly LogRecord[]> {
    asked.push({ source, want });
    const kept = want.tailLines === undefined ? log : log.slice(Math.max(log.length - want.tailLines, 0));
    for (let at = 0; at < kept.length; at += 2) yield kept.slice(at, at + 2);
  };
  return { asked, logs };
}

describe("GET /containerLogs", () => {
  const log = [
    record(0, "one"),
    record(1, "two-", { partial: true }),
    record(2, "and more"),
    record(3, "bad", { stream: "stderr" }),
    record(4, "five"),
  ];
  const at = (second: number): string => log[second]?.time ?? "";

  test.for([
    ["", "one\ntwo-and more\nbad\nfive\n"],
    ["?timestamps=true", `${at(0)} one\n${at(1)} two-and more\n${at(3)} bad\n${at(4)} five\n`],
    ["?tailLines=2", "bad\nfive\n"],
    ["?tailLines=0", ""],
    ["?tail=all", "one\ntwo-and more\nbad\nfive\n"],
    ["?limitBytes=6", "one\ntw"],
    ["?limitBytes=33&timestamps=true", `${at(0)} on`],
    [`?sinceTime=${at(3)}`, "bad\nfive\n"],
    ["?sinceSeconds=2", "bad\nfive\n"],
    // Tail first: of the last three records, those that are young enough.
    [`?tailLines=3&sinceTime=${at(4)}`, "five\n"],
    [`?tailLines=1&sinceTime=${at(0)}`, "five\n"],
    ["?stream=Stderr", "bad\n"],
    ["?stream=Stdout&limitBytes=18", "one\ntwo-and more\nf"],
    ["?stream=All&follow=true", "one\ntwo-and more\nbad\nfive\n"],
  ] as const)("with %j answers %j", async ([query, body]) => {
    const server = await start({ clock: fakeClock(base + 5_000), provider: memoryLogs(log) });
    const answer = await server.ask(path + query, admin);
    expect([answer.status, answer.body]).toEqual([200, body]);
    expect(answer.headers["content-type"]).toBe("text/plain; charset=utf-8");
    expect(answer.headers["transfer-encoding"]).toBe("chunked");
  });

  it("ends in a TLS record of its own: an API server that copies to a WebSocket drops what it reads with the end", async () => {
    const { port } = await start({ provider: memoryLogs(log) });
    // node:tls gives each record as one piece.
    const socket = connect({ port, ...admin, rejectUnauthorized: false });
    socket.write(`GET ${path} HTTP/1.1\r\nHost: node\r\nConnection: close\r\n\r\n`);
    const pieces: string[] = [];
    for await (const piece of socket) pieces.push(String(piece));
    expect(pieces.at(-1)).toBe("0\r\n\r\n");
  });

  it("lets go of each batch, so that a log of any size costs no more than a few", async () => {
    setFlagsFromString("--expose-gc");
    const collectGarbage = runInNewContext("gc") as () => void;
    const batches: WeakRef<object>[] = [];
    let alive = 0;
    const logs = async function* (): AsyncGenerator<readonly LogRecord[]> {
      for (let index = 0; index < 100; index++) {
        const batch = [record(0, "line")];
        batches.push(new WeakRef(batch));
        yield batch;
      }
      // What a WeakRef told of stays until the turn is over.
      await new Promise((resolve) => setImmediate(resolve));
      collectGarbage();
      alive = batches.filter((batch) => batch.deref() !== undefined).length;
    };
    const server = await start({ provider: { logs } });
    expect((await server.ask(path, admin)).body).toBe("line\n".repeat(100));
    expect(alive).toBeLessThan(5);
  });

  it("passes bytes through that are no text", async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i).filter((byte) => byte !== 10));
    const server = await start({ provider: memoryLogs([record(0, "", { bytes })]) });
    const response = await server.open(path, admin);
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).equals(Buffer.concat([bytes, Buffer.from("\n")]))).toBe(true);
  });

  test.for([
    [path, "main", 1],
    [`${path}?previous=true`, "main", 0],
    ["/containerLogs/default/web/init", "init", 0],
  ] as const)("%s reads run %s/%i of this pod's task", async ([request, container, instance]) => {
    const provider = memoryLogs(log);
    const server = await start({ provider });
    expect((await server.ask(request, admin)).status).toBe(200);
    expect(provider.asked.map(({ source }) => source)).toEqual([{ task: web.task, container, instance }]);
  });

  test.for([
    ["/containerLogs/default/gone/main", 404, 'pod "gone" does not exist'],
    ["/containerLogs/other/web/main", 404, 'pod "web" does not exist'],
    ["/containerLogs/default/web/none", 404, 'container "none" not found in pod "web"'],
    ["/containerLogs/default/web/slow", 400, 'container "slow" in pod "web" is waiting to start: PodInitializing'],
    [
      "/containerLogs/default/web/init?previous=true",
      400,
      'previous terminated container "init" in pod "web" not found',
    ],
  ] as const)("answers %s with %i and the kubelet's words", async ([request, status, words]) => {
    const provider = memoryLogs(log);
    const server = await start({ provider });
    const answer = await server.ask(request, admin);
    expect([answer.status, answer.body]).toEqual([status, words]);
    expect(provider.asked).toEqual([]);
  });

  test.for([
    ["?tailLines=x", 400, "BadRequest", 'Invalid request: tailLines: "x" is not an integer'],
    ["?limitBytes=0", 422, "Invalid", "Invalid request: limitBytes: Invalid value: 0: must be greater than 0"],
  ] as const)("answers wrong options %s with %i and a metav1.Status", async ([query, code, reason, message]) => {
    const server = await start({ provider: memoryLogs(log) });
    const answer = await server.ask(path + query, admin);
    expect(answer.status).toBe(code);
    expect(JSON.parse(answer.body)).toMatchObject({ kind: "Status", status: "Failure", code, reason, message });
  });

  it("answers 501 when the provider has no logs", async () => {
    const server = await start({});
    const answer = await server.ask(path, admin);
    expect(answer.status).toBe(501);
    expect(JSON.parse(answer.body)).toMatchObject({
      message: 'provider "local" of node "burst-1" keeps no logs that burstlet can read',
    });
  });

  test.for([
    [new ProviderError("notFound", "LogGone", "the log was discarded"), 400],
    [new ProviderError("throttled", "Slow", "rate exceeded"), 500],
    [new Error("socket hang up"), 500],
  ] as const)("turns %s before the first line into %i, whether following or not", async ([error, status]) => {
    const server = await start({
      provider: {
        logs: async function* () {
          yield* [] as LogRecord[][];
          throw error;
        },
      },
    });
    for (const query of ["", "?follow=true"]) {
      const answer = await server.ask(path + query, admin);
      expect(answer.status).toBe(status);
      expect(answer.body).toBe(`unable to retrieve the logs of container "main" in pod "web": ${error.message}`);
    }
  });

  it("breaks the connection after a last sentence when reading fails later, so that nobody takes it for the end", async () => {
    const server = await start({
      provider: {
        logs: async function* () {
          yield [record(0, "one")];
          throw new Error("connection lost");
        },
      },
    });
    const response = await server.open(path, admin);
    let body = "";
    const reading = (async () => {
      for await (const chunk of response) body += String(chunk);
    })();
    await expect(reading).rejects.toThrow("aborted");
    expect(body).toBe('one\nunable to retrieve the logs of container "main" in pod "web": connection lost\n');
  });
});
