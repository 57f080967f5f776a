import { execFile } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { Agent } from "node:https";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import { promisify } from "node:util";

import { afterEach, describe, expect, it, test } from "vitest";

import { fakeClock } from "../../test/support/fake-clock.ts";
import type { LogRecord } from "../provider.ts";
import { selfSignedCertificate } from "./serving/certificate.ts";
import { servingIdentity } from "./serving/names.ts";
import type { FoundPod } from "./pod-lookup.ts";
import { startTestServer, testAuthority, type TestServer, type TestServerOptions } from "./testing.ts";
import { soon } from "../../test/support/eventually.ts";

const authority = testAuthority();
const admin = authority.client({ commonName: "admin", organizations: ["system:masters"] });
const cleanups: (() => unknown)[] = [];

async function start(options: TestServerOptions = {}): Promise<TestServer> {
  const server = await startTestServer({ clientCA: () => Promise.resolve(authority.cert), ...options });
  cleanups.push(() => server.close());
  return server;
}

function keepAlive(): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  cleanups.push(() => agent.destroy());
  return agent;
}

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** One request by hand, so that the TLS session is ours to keep. Resolves with the status line and the session. */
function handshake(
  server: TestServer,
  options: ConnectionOptions,
): Promise<{ status: string; reused: boolean; session: Buffer | undefined; socket: TLSSocket }> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port: server.port, rejectUnauthorized: false, ...options });
    let session: Buffer | undefined;
    let reused = false;
    let answer = "";
    socket.on("session", (given: Buffer) => (session = given));
    socket.on("error", reject);
    socket.on("secureConnect", () => (reused = socket.isSessionReused()));
    socket.on("secureConnect", () => socket.write("GET /pods HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
    socket.on("data", (chunk: Buffer) => (answer += chunk.toString()));
    socket.on("close", () => {
      resolve({ status: answer.split("\r\n")[0] ?? "", reused, session, socket });
    });
  });
}

describe("TLS", () => {
  test.for(["TLSv1.2", "TLSv1.3"] as const)("resumes no %s session, with or without a certificate", async (version) => {
    const server = await start();
    const only = { minVersion: version, maxVersion: version };
    const certified = await handshake(server, { ...only, ...admin });
    expect(certified.status).toBe("HTTP/1.1 200 OK");
    const bare = await handshake(server, only);
    expect(bare.status).toBe("HTTP/1.1 401 Unauthorized");
    for (const { session } of [certified, bare]) {
      const again = await handshake(server, { ...only, ...(session === undefined ? {} : { session }) });
      expect(again).toMatchObject({ reused: false, status: "HTTP/1.1 401 Unauthorized" });
    }
  });

  it("speaks nothing below TLS 1.2 and no HTTP/2", async () => {
    const server = await start();
    await expect(
      handshake(server, { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "ALL:@SECLEVEL=0" }),
    ).rejects.toThrow();
    const both = await handshake(server, { ALPNProtocols: ["h2", "http/1.1"] });
    expect(both.socket.alpnProtocol).toBe("http/1.1");
  });

  it("takes headers of nearly 1 MiB", async () => {
    const server = await start();
    const headers = { "x-long": "x".repeat(1_000_000) };
    expect((await server.ask("/pods", { ...admin, headers })).status).toBe(200);
  });

  it("lets nobody who forges the CA disturb the connections of others", async () => {
    // OpenSSL leaves the failed signature in an error queue that all connections of the process share.
    const server = await start();
    const forged = testAuthority().client({ commonName: "admin", organizations: ["system:masters"] });
    const attempts = Array.from({ length: 30 }, (_, i) => server.ask("/pods", i % 2 === 0 ? forged : admin));
    const statuses = (await Promise.all(attempts)).map((answer) => answer.status);
    expect(statuses).toEqual(Array.from({ length: 30 }, (_, i) => (i % 2 === 0 ? 401 : 200)));
  });

  it("swaps its certificate for new connections, and keeps the old one when the new one is broken", async () => {
    const server = await start();
    const serial = async (): Promise<string | undefined> =>
      (await server.ask("/pods", admin)).socket.getPeerX509Certificate()?.serialNumber;
    const next = selfSignedCertificate(servingIdentity(["burst-1"], []), Date.now());
    const other = selfSignedCertificate(servingIdentity(["burst-1"], []), Date.now());
    expect(await serial()).not.toBe(new X509Certificate(next.cert).serialNumber);
    server.replaceCertificate(next);
    expect(await serial()).toBe(new X509Certificate(next.cert).serialNumber);
    expect(() => server.replaceCertificate({ cert: next.cert, key: other.key })).toThrow(/key/);
    expect(await serial()).toBe(new X509Certificate(next.cert).serialNumber);
    // What a new context could have forgotten: the client CA, and that sessions are not resumed.
    expect((await server.ask("/pods", admin)).status).toBe(200);
    const { session } = await handshake(server, admin);
    expect((await handshake(server, session === undefined ? {} : { session })).reused).toBe(false);
  });
});

describe("the client CA", () => {
  const second = testAuthority("second CA");
  const secondAdmin = second.client({ commonName: "admin", organizations: ["system:masters"] });

  it("is asked again every minute; the old one and its idle connections count no more", async () => {
    const clock = fakeClock(Date.now());
    let ca = authority.cert;
    const server = await start({ clock, clientCA: () => Promise.resolve(ca) });
    const agent = keepAlive();
    const first = await server.ask("/pods", { ...admin, agent });
    expect((await server.ask("/pods", secondAdmin)).status).toBe(401);
    ca = second.cert;
    expect((await server.ask("/pods", { ...admin, agent })).status).toBe(200);
    await clock.advance(60_000);
    expect((await server.ask("/pods", secondAdmin)).status).toBe(200);
    expect((await server.ask("/pods", admin)).status).toBe(401);
    await soon(() => expect(first.socket.destroyed).toBe(true));
  });

  it("leaves a busy connection its response, and nothing after", async () => {
    const clock = fakeClock(Date.now());
    let ca = authority.cert;
    const end = Promise.withResolvers<void>();
    const logs = async function* (): AsyncGenerator<LogRecord[]> {
      yield [{ time: "2026-01-02T03:04:05.000000000Z", stream: "stdout", bytes: Buffer.from("one"), partial: false }];
      await end.promise;
      yield [{ time: "2026-01-02T03:04:06.000000000Z", stream: "stdout", bytes: Buffer.from("two"), partial: false }];
    };
    const server = await start({ clock, clientCA: () => Promise.resolve(ca), provider: { logs }, pods: [runningPod] });
    const response = await server.open("/containerLogs/default/web/main?follow=true", { ...admin, agent: keepAlive() });
    const { socket } = response;
    ca = second.cert;
    await clock.advance(60_000);
    expect((await server.ask("/pods", admin)).status).toBe(401);
    end.resolve();
    let body = "";
    for await (const chunk of response) body += String(chunk);
    expect(body).toBe("one\ntwo\n");
    await soon(() => expect(socket.destroyed).toBe(true));
  });

  it("binds a connection with which its handshake began, however late the handshake ends", async () => {
    const clock = fakeClock(Date.now());
    let ca = authority.cert;
    const server = await start({ clock, clientCA: () => Promise.resolve(ca) });
    const early = createConnection({ host: "127.0.0.1", port: server.port });
    await once(early, "connect");
    // Connections are accepted in order: when this one was answered, the early one is known.
    expect((await server.ask("/pods", admin)).status).toBe(200);
    ca = second.cert;
    await clock.advance(60_000);
    expect((await handshake(server, { ...admin, socket: early })).status).toBe("HTTP/1.1 401 Unauthorized");
  });

  it("stays when it cannot be read or is no PEM, and is asked more often until the first one is there", async () => {
    const clock = fakeClock(Date.now());
    let ca: () => Promise<string | undefined> = () => Promise.resolve(undefined);
    const server = await start({ clock, clientCA: () => ca() });
    expect((await server.ask("/pods", admin)).status).toBe(401);
    ca = () => Promise.resolve(authority.cert);
    await clock.advance(5_000);
    expect((await server.ask("/pods", admin)).status).toBe(200);
    ca = () => Promise.reject(new Error("connection refused"));
    await clock.advance(60_000);
    expect((await server.ask("/pods", admin)).status).toBe(200);
    ca = () => Promise.resolve("-----BEGIN CERTIFICATE-----\nbm8=\n-----END CERTIFICATE-----\n");
    await clock.advance(60_000);
    expect((await server.ask("/pods", admin)).status).toBe(200);
    ca = () => Promise.resolve(undefined);
    await clock.advance(60_000);
    expect((await server.ask("/pods", admin)).status).toBe(401);
  });

  it("may be a bundle of several", async () => {
    const server = await start({ clientCA: () => Promise.resolve(second.cert + authority.cert) });
    expect((await server.ask("/pods", admin)).status).toBe(200);
    expect((await server.ask("/pods", secondAdmin)).status).toBe(200);
  });

  it("never is the set of public roots, also when there is none", async () => {
    const folder = await mkdtemp(join(tmpdir(), "burstlet-roots-"));
    cleanups.push(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, "root.pem"), authority.cert);
    const script = `
      import { startTestServer } from ${JSON.stringify(new URL("testing.ts", import.meta.url).href)};
      const server = await startTestServer({ clientCA: () => Promise.resolve(undefined) });
      const answer = await server.ask("/pods", ${JSON.stringify(admin)});
      console.log(answer.status);
      await server.close();`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], {
      env: { ...process.env, NODE_EXTRA_CA_CERTS: join(folder, "root.pem") },
    });
    expect(stdout).toBe("401\n");
  });
});

it("believes a certificate no longer than it is valid, also on a connection that is open", async () => {
  const clock = fakeClock(Date.now());
  const server = await start({ clock });
  const agent = keepAlive();
  const brief = authority.client({ commonName: "brief" }, { until: 3_600_000 });
  const first = await server.ask("/pods", { ...brief, agent });
  clock.setNow(Date.now() + 3_601_000);
  const last = await server.ask("/pods", { ...brief, agent });
  expect([first.status, last.status]).toEqual([200, 401]);
  expect(last.socket).toBe(first.socket);
});

const runningPod: FoundPod = {
  pod: {
    metadata: { name: "web", namespace: "default" },
    spec: { nodeName: "burst-1", containers: [{ name: "main" }] },
  },
  task: { identity: { clusterUid: "c", podUid: "u", attempt: 1 } },
  containers: [{ name: "main", kind: "main", instance: 0, image: "busybox", state: { is: "running", startedAt: 0 } }],
};
