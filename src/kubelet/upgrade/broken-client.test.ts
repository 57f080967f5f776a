import { once } from "node:events";
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";

import fc from "fast-check";
import { afterEach, describe, expect, it, test } from "vitest";

import { fakeClock } from "../../../test/support/fake-clock.ts";
import type { Provider } from "../../provider.ts";
import { matchRoute } from "../routes.ts";
import { echoing, runningPod } from "../stream/testing.ts";
import { startTestServer, testAuthority, testNode, type TestServer, type TestServerOptions } from "../testing.ts";
import { spdyPeer, upgrade, webSocketHeaders, type UpgradeAnswer } from "./testing.ts";
import { createUpgrades } from "./upgrades.ts";
import { soon } from "../../../test/support/eventually.ts";

const authority = testAuthority();
const admin = authority.client({ commonName: "admin", organizations: ["system:masters"] });
const servers: TestServer[] = [];
const allStreams: Partial<Provider> = { exec: echoing, attach: () => new Promise(() => undefined) };
const spdy = { Upgrade: "SPDY/3.1", "X-Stream-Protocol-Version": "v4.channel.k8s.io" };
const webSocket = webSocketHeaders("v5.channel.k8s.io");

async function start(options: TestServerOptions = {}): Promise<TestServer> {
  const clientCA = (): Promise<string> => Promise.resolve(authority.cert);
  const server = await startTestServer({ clientCA, pods: [runningPod], provider: allStreams, ...options });
  servers.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

describe("a client that breaks the protocol", () => {
  test.for<[string, object]>([
    ["SPDY", spdy],
    ["WebSocket", webSocket],
    ["no stream", { upgrade: "h2c" }],
  ])("is let go when it leaves while its request for %s is looked at", async ([, headers]) => {
    const socket = new Socket();
    const names = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value as string]);
    const req = Object.assign(new IncomingMessage(socket), {
      method: "GET",
      url: "/attach/default/web/main?output=1",
      headers: Object.fromEntries(names),
    });
    const upgrades = createUpgrades({
      async admit() {
        socket.destroy();
        await once(socket, "close");
        const route = matchRoute("/attach/default/web/main");
        const query = new URLSearchParams("output=1");
        const node = testNode("burst-1", { pods: [runningPod], provider: allStreams });
        return { user: { username: "admin", groups: [] }, node, route, query };
      },
      clock: fakeClock(),
      log: testNode("burst-1").log,
    });
    upgrades.begin(req, socket, Buffer.alloc(0));
    // Waits for everything that is still open.
    await upgrades.close();
  });

  const sends = async (server: TestServer, headers: object, bytes: Buffer): Promise<UpgradeAnswer> => {
    const answer = await upgrade(server, "/exec/default/web/main?command=cat&input=1&output=1", {
      method: "GET",
      ...admin,
      headers: headers as never,
    });
    answer.socket?.on("error", () => undefined).resume();
    answer.socket?.write(bytes);
    return answer;
  };

  it("ends its own connection and nobody else's", async () => {
    const server = await start();
    const well = await upgrade(server, "/exec/default/web/main?command=cat&input=1&output=1", {
      method: "POST",
      ...admin,
      headers: spdy,
    });
    const peer = spdyPeer(well.socket as NonNullable<typeof well.socket>);
    peer.open({ streamtype: "error" });
    const [stdin, stdout] = [peer.open({ streamtype: "stdin" }), peer.open({ streamtype: "stdout" })];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(spdy, webSocket),
        fc.uint8Array({ minLength: 1, maxLength: 200 }),
        async (how, bytes) => {
          const { socket } = await sends(server, how, Buffer.from(bytes));
          socket?.destroy();
        },
      ),
      { numRuns: 60 },
    );
    stdin.write("still ");
    stdin.write("here");
    stdin.end();
    expect((await stdout.whole).toString()).toBe("still here");
  });

  test.for<[string, object, Buffer]>([
    ["a SPDY control frame of an unknown type", spdy, Buffer.from([0x80, 3, 0, 99, 0, 0, 0, 0])],
    ["a SPDY control frame that is too long", spdy, Buffer.from([0x80, 3, 0, 1, 0, 0xff, 0xff, 0xff])],
    ["a WebSocket frame that is not masked", webSocket, Buffer.from([0x82, 1, 0])],
    ["a WebSocket message that is too long", webSocket, Buffer.from([0x82, 0xff, 0, 0, 0, 1, 0, 0, 0, 0])],
  ])("is cut off at %s", async ([, headers, bytes]) => {
    const { socket } = await sends(await start(), headers, bytes);
    await soon(() => expect(socket?.destroyed).toBe(true));
  });

  it("is given up when it does not open its streams within 30 s", async () => {
    const clock = fakeClock(Date.now());
    const server = await start({ clock });
    const answer = await upgrade(server, "/attach/default/web/main?input=1&output=1", {
      method: "POST",
      ...admin,
      headers: spdy,
    });
    const peer = spdyPeer(answer.socket as NonNullable<typeof answer.socket>);
    const error = peer.open({ streamtype: "error" });
    await soon(() => expect(peer.events).toEqual(["reply 1"]));
    await clock.advance(30_000);
    expect((await error.whole).toString()).toContain(
      "timed out waiting for the client to open its streams: stdin, stdout",
    );
    await peer.closed;
  });

  it("is cut off after four quiet hours, not before", async () => {
    const clock = fakeClock(Date.now());
    const server = await start({ clock });
    const { socket } = await upgrade(server, "/attach/default/web/main?output=1", { ...admin, headers: webSocket });
    const got: Buffer[] = [];
    socket?.on("error", () => undefined).on("data", (chunk: Buffer) => got.push(chunk));
    const goingAway = Buffer.concat([Buffer.from([0x88, 18, 0x03, 0xe9]), Buffer.from("idle for 4 hours")]);
    await clock.advance(4 * 3_600_000 - 60_000);
    // Its pings have arrived, and nothing behind them.
    await soon(() => expect(Buffer.concat(got).includes(Buffer.from([0x89, 0, 0x89, 0]))).toBe(true));
    expect(Buffer.concat(got).includes(goingAway)).toBe(false);
    await clock.advance(60_000);
    await soon(() => expect(Buffer.concat(got).includes(goingAway)).toBe(true));
    socket?.destroy();
  });
});
