import { connect, type TLSSocket } from "node:tls";

import { afterEach, describe, expect, it, test } from "vitest";

import type { NodeAccess, UserInfo } from "../../cluster/cluster.ts";
import type { Provider } from "../../provider.ts";
import { runningPod } from "../stream/testing.ts";
import { startTestServer, testAuthority, type TestServer, type TestServerOptions } from "../testing.ts";
import { upgrade, webSocketHeaders } from "./testing.ts";

const authority = testAuthority();
const admin = authority.client({ commonName: "admin", organizations: ["system:masters"] });
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const never = (): Promise<never> => new Promise(() => undefined);
const allStreams: Partial<Provider> = { exec: never, attach: never, forward: never };

async function start(options: TestServerOptions = {}): Promise<TestServer> {
  const server = await startTestServer({
    clientCA: () => Promise.resolve(authority.cert),
    pods: [runningPod],
    provider: allStreams,
    ...options,
  });
  cleanups.push(() => server.close());
  return server;
}

const spdy = { Upgrade: "SPDY/3.1", "X-Stream-Protocol-Version": "v4.channel.k8s.io" };
const spdyForward = { Upgrade: "SPDY/3.1", "X-Stream-Protocol-Version": "portforward.k8s.io" };
const webSocket = webSocketHeaders("v5.channel.k8s.io");
const webSocketForward = webSocketHeaders("SPDY/3.1+portforward.k8s.io");

/** Verbs on nodes/proxy, by user. */
const roles: Readonly<Record<string, readonly string[]>> = { reader: ["get"], creator: ["create"] };
const allows = (user: UserInfo, { verb, subresource }: NodeAccess): boolean =>
  user.groups.includes("system:masters") || (subresource === "proxy" && (roles[user.username] ?? []).includes(verb));
const tokens = Object.fromEntries(Object.keys(roles).map((username) => [username, { username, groups: [] }]));
const identities = {
  nobody: {},
  "another CA's admin": testAuthority("another CA").client({ commonName: "admin", organizations: ["system:masters"] }),
  reader: { token: "reader" },
  creator: { token: "creator" },
  admin,
} as const;
const expected = { nobody: 401, "another CA's admin": 401, reader: 403 } as const;

const paths = {
  "/exec/default/web/main?command=id&output=1": [spdy, webSocket],
  "/exec/default/web/uid-1/main?command=id&output=1": [spdy, webSocket],
  "/attach/default/web/main?output=1": [spdy, webSocket],
  "/attach/default/web/uid-1/main?output=1": [spdy, webSocket],
  "/portForward/default/web": [spdyForward, webSocketForward],
  "/portForward/default/web/uid-1": [spdyForward, webSocketForward],
} as const;

describe("an upgrade", () => {
  test.for(Object.keys(paths) as (keyof typeof paths)[])(
    "of %s is for those alone who may create, over SPDY and WebSocket, by GET and POST",
    async (path) => {
      const server = await start({ tokens, allows });
      for (const [name, identity] of Object.entries(identities)) {
        for (const headers of paths[path]) {
          for (const method of ["GET", "POST", "PUT"] as const) {
            const bearer = "token" in identity ? { Authorization: `Bearer ${identity.token}` } : {};
            const answer = await upgrade(server, path, { method, ...identity, headers: { ...headers, ...bearer } });
            answer.socket?.destroy();
            // A WebSocket's handshake is a GET by its own rules.
            const served = method === "PUT" ? 405 : method === "POST" && headers.Upgrade === "websocket" ? 400 : 101;
            const status = name in expected ? expected[name as keyof typeof expected] : served;
            expect({ name, method, upgrade: headers.Upgrade, status: answer.status }).toEqual({
              name,
              method,
              upgrade: headers.Upgrade,
              status,
            });
          }
        }
      }
    },
  );

  it("is given to no client without a certificate on a resumed TLS session", async () => {
    const server = await start();
    const handshake = async (session?: Buffer): Promise<{ status: string; session: Buffer | undefined }> => {
      const socket: TLSSocket = connect({
        host: "127.0.0.1",
        port: server.port,
        rejectUnauthorized: false,
        ...(session === undefined ? {} : { session }),
      });
      let kept: Buffer | undefined;
      socket.on("session", (given: Buffer) => (kept = given));
      const lines = Object.entries({ Host: "x", Connection: "Upgrade", ...spdy }).map(([k, v]) => `${k}: ${v}\r\n`);
      socket.write(`POST /exec/default/web/main?command=id&output=1 HTTP/1.1\r\n${lines.join("")}\r\n`);
      const answer = Buffer.concat((await socket.toArray()) as Buffer[]).toString();
      return { status: answer.split("\r\n")[0] ?? "", session: kept ?? socket.getSession() };
    };
    const first = await handshake();
    expect(first.status).toBe("HTTP/1.1 401 Unauthorized");
    expect((await handshake(first.session)).status).toBe("HTTP/1.1 401 Unauthorized");
  });

  test.for<[string, object, number, string]>([
    ["/exec/default/web/main?command=id", spdy, 400, "at least 1 of stdin, stdout, stderr"],
    ["/exec/default/web/main?command=id&error=1&tty=1", spdy, 400, "at least 1 of stdin, stdout, stderr"],
    ["/exec/default/web/main?output=1", webSocket, 400, "a command"],
    ["/exec/default/gone/main?command=id&output=1", spdy, 404, 'pod "gone" does not exist'],
    ["/exec/other/web/main?command=id&output=1", webSocket, 404, 'pod "web" does not exist'],
    ["/exec/default/web/uid-2/main?command=id&output=1", spdy, 404, 'with uid "uid-2"'],
    ["/exec/default/web/none?command=id&output=1", spdy, 404, 'container "none" not found'],
    ["/exec/default/web/ended?command=id&output=1", webSocket, 500, 'container "ended" in pod "web" is not running'],
    ["/attach/default/gone/main?output=1", webSocket, 404, 'pod "gone" does not exist'],
    ["/attach/default/web/ended?output=1", spdy, 500, "is not running"],
    ["/portForward/default/gone", spdyForward, 404, 'pod "gone" does not exist'],
    ["/portForward/default/web/uid-2", webSocketForward, 404, 'with uid "uid-2"'],
    ["/portForward/default/web", webSocketHeaders("v4.channel.k8s.io"), 400, '"port" is required'],
    ["/exec/default/web/main?command=id&output=1", { Upgrade: "SPDY/3.1" }, 400, "X-Stream-Protocol-Version"],
    ["/exec/default/web/main?command=id&output=1", { Upgrade: "h2c" }, 400, "neither SPDY/3.1 nor a WebSocket"],
    ["/exec/default/web/main?command=id&output=1", { ...spdy, "X-Stream-Protocol-Version": "v9" }, 403, "[v9]"],
    ["/exec/default/web/main?command=id&output=1", webSocketHeaders("v9, v8"), 403, "[v9 v8]"],
    ["/portForward/default/web", spdy, 403, "portforward.k8s.io"],
    ["/exec/default/web/main?command=id&output=1", { ...webSocket, "Sec-WebSocket-Version": "9" }, 400, "Version"],
    ["/exec/default/web/main?command=id&output=1", { ...webSocket, "Sec-WebSocket-Key": "x" }, 400, "Key"],
  ])("of %s with %j is refused by %i and a metav1.Status", async ([path, headers, code, words]) => {
    const answer = await upgrade(await start(), path, { method: "GET", ...admin, headers: headers as never });
    expect(answer.status).toBe(code);
    expect(answer.headers["content-type"]).toBe("application/json");
    const status = JSON.parse(answer.body) as { message: string };
    expect(status).toMatchObject({ kind: "Status", apiVersion: "v1", status: "Failure", code });
    expect(status.message).toContain(words);
  });

  test.for(Object.entries(paths))("of %s is 501 where the provider cannot do it", async ([path, headers]) => {
    for (const each of headers) {
      const answer = await upgrade(await start({ provider: {} }), path, { method: "GET", ...admin, headers: each });
      expect(answer.status).toBe(501);
      expect((JSON.parse(answer.body) as { message: string }).message).toMatch(/^provider "local" of node "burst-1" /);
    }
  });

  it("names the protocols that it speaks when none is in common", async () => {
    const headers = { ...spdy, "X-Stream-Protocol-Version": "v9" };
    const answer = await upgrade(await start(), Object.keys(paths)[0] ?? "", { method: "POST", ...admin, headers });
    expect(answer.headers["x-accepted-stream-protocol-versions"]).toBe(
      "v4.channel.k8s.io, v3.channel.k8s.io, v2.channel.k8s.io, channel.k8s.io",
    );
  });

  test.for<[object, string, string]>([
    // As the translating API server offers them, a line each.
    [
      { ...spdy, "X-Stream-Protocol-Version": ["v5.channel.k8s.io", "v4.channel.k8s.io", "v3.channel.k8s.io"] },
      "x-stream-protocol-version",
      "v4.channel.k8s.io",
    ],
    [
      { ...spdy, "X-Stream-Protocol-Version": "v2.channel.k8s.io,v4.channel.k8s.io" },
      "x-stream-protocol-version",
      "v2.channel.k8s.io",
    ],
    [
      webSocketHeaders("v9.channel.k8s.io, v4.base64.channel.k8s.io, v5.channel.k8s.io"),
      "sec-websocket-protocol",
      "v4.base64.channel.k8s.io",
    ],
  ])("with %j is answered with %s %s", async ([headers, name, chosen]) => {
    const answer = await upgrade(await start(), "/attach/default/web/main?output=1", {
      ...admin,
      headers: headers as never,
    });
    answer.socket?.destroy();
    expect(answer.status).toBe(101);
    expect(answer.headers[name]).toBe(chosen);
  });

  it("takes the bearer token of a browser and never echoes it", async () => {
    const server = await start({ tokens, allows });
    const bearer = `base64url.bearer.authorization.k8s.io.${Buffer.from("creator").toString("base64url")}`;
    for (const [offered, chosen] of [
      [`${bearer}, v4.channel.k8s.io`, "v4.channel.k8s.io"],
      [bearer, undefined],
    ] as const) {
      const answer = await upgrade(server, "/attach/default/web/main?output=1", { headers: webSocketHeaders(offered) });
      answer.socket?.destroy();
      expect(answer.status).toBe(101);
      expect(answer.headers["sec-websocket-protocol"]).toBe(chosen);
    }
  });

  it("is ignored on a path that leads to no stream", async () => {
    const answer = await upgrade(await start(), "/pods", { ...admin, headers: { Upgrade: "h2c" } });
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toMatchObject({ kind: "PodList" });
  });

  test.for(Object.keys(paths))("that is not asked for on %s ends in 400", async (path) => {
    const answer = await (await start()).ask(path, { method: "POST", ...admin });
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({ kind: "Status", code: 400 });
  });
});
