import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";

import { afterEach, describe, expect, it, test } from "vitest";

import { fakeClock } from "../../../test/support/fake-clock.ts";
import type { Provider } from "../../provider.ts";
import { connectWebSocket, runningPod } from "../stream/testing.ts";
import { startTestServer, testAuthority, type TestServer, type TestServerOptions } from "../testing.ts";
import { spdyPeer, tunnel, upgrade, webSocketHeaders, type PeerStream, type SpdyPeer } from "../upgrade/testing.ts";
import { soon } from "../../../test/support/eventually.ts";

const authority = testAuthority();
const admin = authority.client({ commonName: "admin", organizations: ["system:masters"] });
const path = "/portForward/default/web";
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

/** A TCP server whose port is what the pod listens on. */
async function listen(serve: (socket: Socket) => void): Promise<number> {
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    cleanups.push(() => socket.destroy());
    serve(socket.on("error", () => undefined));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

const echo = (socket: Socket): void => void socket.pipe(socket);

const forward: NonNullable<Provider["forward"]> = (_task, port, signal) =>
  new Promise((resolve, reject) => {
    const socket: Socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true, signal });
    socket.once("connect", () => resolve(socket)).on("error", reject);
  });

async function start(options: TestServerOptions = {}): Promise<TestServer> {
  const server = await startTestServer({
    clientCA: () => Promise.resolve(authority.cert),
    pods: [runningPod],
    provider: { forward },
    ...options,
  });
  cleanups.push(() => server.close());
  return server;
}

const transports = {
  async SPDY(server: TestServer): Promise<Duplex> {
    const headers = { Upgrade: "SPDY/3.1", "X-Stream-Protocol-Version": "portforward.k8s.io" };
    const answer = await upgrade(server, path, { method: "POST", ...admin, headers });
    expect(answer.headers["x-stream-protocol-version"]).toBe("portforward.k8s.io");
    return answer.socket as Duplex;
  },
  async "a WebSocket tunnel"(server: TestServer): Promise<Duplex> {
    const protocol = "SPDY/3.1+portforward.k8s.io";
    const answer = await upgrade(server, path, { ...admin, headers: webSocketHeaders(protocol) });
    expect(answer.headers["sec-websocket-protocol"]).toBe(protocol);
    return tunnel(answer.socket as Duplex);
  },
} as const;

/** As kubectl: error stream first, half-closed at once. */
function dial(peer: SpdyPeer, port: number | string, requestid?: string): { error: PeerStream; data: PeerStream } {
  const headers = { port: String(port), ...(requestid === undefined ? {} : { requestid }) };
  const error = peer.open({ streamtype: "error", ...headers });
  error.end();
  return { error, data: peer.open({ streamtype: "data", ...headers }) };
}

describe.for(["SPDY", "a WebSocket tunnel"] as const)("port-forward over %s", (name) => {
  const open = async (options: TestServerOptions = {}): Promise<SpdyPeer> => {
    const peer = spdyPeer(await transports[name](await start(options)));
    cleanups.push(() => peer.socket.destroy());
    return peer;
  };

  it("carries connections side by side, byte for byte, and keeps each one's half-close", async () => {
    const port = await listen((socket) => {
      let bytes = 0;
      socket.on("data", (chunk) => (bytes += chunk.length)).on("end", () => socket.end(`got ${bytes}`));
    });
    const echoing = await listen(echo);
    const peer = await open();
    const connections = Array.from({ length: 20 }, (_, i) => dial(peer, i % 2 === 0 ? port : echoing, String(i)));
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251));
    for (const { data } of connections) {
      for (let at = 0; at < bytes.length; at += 30_000) data.write(bytes.subarray(at, at + 30_000));
      data.end();
    }
    for (const [i, { data, error }] of connections.entries()) {
      const got = await data.whole;
      if (i % 2 === 0) expect(got.toString()).toBe(`got ${bytes.length}`);
      else expect(got.equals(bytes)).toBe(true);
      expect((await error.whole).length).toBe(0);
    }
  });

  it("lets the client send on when the pod has said all", async () => {
    const got = Promise.withResolvers<string>();
    const port = await listen((socket) => {
      socket.end("bye");
      socket.toArray().then((chunks) => got.resolve(Buffer.concat(chunks as Buffer[]).toString()), got.reject);
    });
    const { data, error } = dial(await open(), port, "0");
    expect((await data.whole).toString()).toBe("bye");
    data.write("and ");
    data.write("you");
    data.end();
    expect(await got.promise).toBe("and you");
    expect((await error.whole).length).toBe(0);
  });

  it("says on the error stream that nothing listens, and the other connections go on", async () => {
    const peer = await open();
    const well = dial(peer, await listen(echo), "1");
    const closed = await freePort();
    const refused = dial(peer, closed, "2");
    expect((await refused.error.whole).toString()).toMatch(
      new RegExp(`^error forwarding port ${closed}: .*ECONNREFUSED`),
    );
    expect((await refused.data.whole).length).toBe(0);
    well.data.write("still here");
    well.data.end();
    expect((await well.data.whole).toString()).toBe("still here");
  });

  it("says nothing on the error stream when the pod resets a connection, but ends it", async () => {
    const port = await listen((socket) => socket.once("data", () => socket.resetAndDestroy()));
    const peer = await open();
    const { data, error } = dial(peer, port, "0");
    data.write("x");
    await expect(data.whole).rejects.toThrow("reset");
    expect((await error.whole).length).toBe(0);
    const again = dial(peer, await listen(echo), "0");
    again.data.end();
    expect((await again.data.whole).length).toBe(0);
  });

  it("closes the pod's side when the client resets a connection, or is gone", async () => {
    const sockets: Socket[] = [];
    const port = await listen((socket) => void sockets.push(socket.resume()));
    const peer = await open();
    const first = dial(peer, port, "0");
    dial(peer, port, "1");
    await soon(() => expect(sockets.length).toBe(2));
    first.data.reset();
    await soon(() => expect(sockets.filter((socket) => socket.readableEnded || socket.destroyed).length).toBe(1));
    peer.socket.destroy();
    await soon(() => expect(sockets.filter((socket) => socket.readableEnded || socket.destroyed).length).toBe(2));
  });

  it("finds the pairs of clients that give no request ids", async () => {
    const peer = await open();
    const port = await listen(echo);
    const [one, two] = [dial(peer, port), dial(peer, port)];
    two.data.write("two");
    two.data.end();
    one.data.write("one");
    one.data.end();
    expect((await one.data.whole).toString()).toBe("one");
    expect((await two.data.whole).toString()).toBe("two");
  });

  it("gives up a pair that is not complete after 30 s", async () => {
    const clock = fakeClock(Date.now());
    const peer = await open({ clock });
    const error = peer.open({ streamtype: "error", port: "80", requestid: "7" });
    const data = peer.open({ streamtype: "data", port: "80", requestid: "8" });
    await soon(() => expect(peer.events).toEqual([`reply ${error.id}`, `reply ${data.id}`]));
    await clock.advance(30_000);
    expect((await error.whole).toString()).toBe("timed out waiting for the data stream of this connection");
    await expect(data.whole).rejects.toThrow("reset");
  });

  test.for([
    [{ streamtype: "stdin", port: "80" }],
    [{ port: "80" }],
    [{ streamtype: "data" }],
    [{ streamtype: "data", port: "0" }],
    [{ streamtype: "data", port: "65536" }],
    [{ streamtype: "data", port: "http" }],
  ] as Record<string, string>[][])("resets a stream with headers %j", async ([headers = {}]) => {
    const peer = await open();
    await expect(peer.open(headers).whole).rejects.toThrow("reset");
  });

  it("ends with the server also when the client does not answer", async () => {
    const server = await start();
    const socket = await transports[name](server);
    spdyPeer(socket);
    socket.pause();
    const before = performance.now();
    await server.close();
    // Well under the ten seconds that a session takes to flush by itself.
    expect(performance.now() - before).toBeLessThan(8_000);
    socket.destroy();
  });

  it("ends with the server", async () => {
    const server = await start();
    const peer = spdyPeer(await transports[name](server));
    const sockets: Socket[] = [];
    dial(peer, await listen((socket) => void sockets.push(socket.resume())), "0");
    await soon(() => expect(sockets.length).toBe(1));
    await server.close();
    await peer.closed;
    await soon(() => expect(sockets[0]?.readableEnded).toBe(true));
  });
});

describe("port-forward over WebSocket channels", () => {
  const littleEndian = (port: number): Buffer => Buffer.from([port & 255, port >> 8]);

  test.for(["v4.channel.k8s.io", "v4.base64.channel.k8s.io"])(
    "opens one connection a port, each with its own channels (%s)",
    async (protocol) => {
      const isText = protocol.includes("base64");
      const ports = [await listen(echo), await freePort(), await listen((socket) => void socket.end("bye"))];
      const ws = connectWebSocket(
        await start(),
        `${path}?port=${ports[0]},${ports[1]}&port=${ports[2]}`,
        protocol,
        admin,
      );
      const got = new Map<number, Buffer>();
      ws.on("message", (data: Buffer) => {
        const channel = isText ? Number(data.toString("latin1", 0, 1)) : (data[0] ?? -1);
        const bytes = isText ? Buffer.from(data.toString("latin1", 1), "base64") : data.subarray(1);
        got.set(channel, Buffer.concat([got.get(channel) ?? Buffer.alloc(0), bytes]));
      });
      await once(ws, "open");
      const hello = Buffer.from("hello");
      ws.send(isText ? `0${hello.toString("base64")}` : Buffer.concat([Buffer.from([0]), hello]));
      const behindPort = (channel: number): string => got.get(channel)?.subarray(2).toString() ?? "";
      await soon(() => expect(behindPort(0)).toBe("hello"));
      await soon(() => expect(behindPort(3)).toContain("ECONNREFUSED"));
      await soon(() => expect(behindPort(4)).toBe("bye"));
      for (let channel = 0; channel < 6; channel++) {
        expect(got.get(channel)?.subarray(0, 2)).toEqual(littleEndian(ports[channel >> 1] ?? 0));
      }
      expect([behindPort(1), behindPort(5)]).toEqual(["", ""]);
      expect(ws.readyState).toBe(ws.OPEN);
      ws.terminate();
    },
  );

  it("closes with 1000 when the last connection has ended", async () => {
    const ws = connectWebSocket(
      await start(),
      `${path}?port=${await listen((socket) => void socket.end("bye"))}`,
      [],
      admin,
    );
    expect((await once(ws, "close"))[0]).toBe(1000);
  });

  test.for(["", "?port=0", "?port=80,x", `?${"port=1&".repeat(65)}`])("refuses the ports of %s", async (query) => {
    const headers = webSocketHeaders("v4.channel.k8s.io");
    const answer = await upgrade(await start(), path + query, { ...admin, headers });
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({ kind: "Status", code: 400, reason: "BadRequest" });
  });
});
