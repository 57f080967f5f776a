import type { RequestOptions } from "node:https";

import { afterEach, describe, expect, it, test } from "vitest";

import type { NodeAccess, UserInfo } from "../cluster/cluster.ts";
import type { Pod } from "../provider.ts";
import { startTestServer, testAuthority, type TestServer, type TestServerOptions } from "./testing.ts";

const authority = testAuthority();
const servers: TestServer[] = [];

async function start(options: TestServerOptions = {}): Promise<TestServer> {
  const server = await startTestServer({ clientCA: () => Promise.resolve(authority.cert), ...options });
  servers.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const pod = (name: string, nodeName: string): Pod => ({
  metadata: { name, namespace: "default" },
  spec: { nodeName, containers: [{ name: "main" }] },
});

/** Roles as `verb subresource`, by user. */
const roles: Readonly<Record<string, readonly string[]>> = {
  scraper: ["get metrics"],
  monitor: ["get proxy", "get metrics", "get stats"],
  fine: ["get pods", "get healthz", "get configz"],
  poster: ["create proxy"],
};
const allows = (user: UserInfo, access: NodeAccess): boolean =>
  access.nodeName === "burst-1" &&
  (user.groups.includes("system:masters") ||
    (roles[user.username] ?? []).includes(`${access.verb} ${access.subresource}`));
const tokens = Object.fromEntries(Object.keys(roles).map((username) => [username, { username, groups: [] }]));

const identities = {
  nobody: {},
  "an unknown token": { headers: { authorization: "Bearer unknown" } },
  "another CA's admin": testAuthority("another CA").client({ commonName: "admin", organizations: ["system:masters"] }),
  "a CA of the same name": testAuthority("test CA").client({ commonName: "admin", organizations: ["system:masters"] }),
  "a serving certificate": authority.client(
    { commonName: "x", organizations: ["system:masters"] },
    { usage: "serverAuth" },
  ),
  "an expired certificate": authority.client({ commonName: "x", organizations: ["system:masters"] }, { until: -1000 }),
  "a future certificate": authority.client({ commonName: "x", organizations: ["system:masters"] }, { from: 3_600_000 }),
  "a nameless certificate": authority.client({ commonName: "", organizations: ["system:masters"] }),
  admin: authority.client({ commonName: "admin", organizations: ["dev", "system:masters"] }),
  scraper: { headers: { authorization: "Bearer scraper" } },
  monitor: { headers: { authorization: "Bearer monitor" } },
  fine: { headers: { authorization: "Bearer fine" } },
  poster: { headers: { authorization: "Bearer poster" } },
} as const;
type Identity = keyof typeof identities;
const known = ["admin", "scraper", "monitor", "fine", "poster"] as const satisfies readonly Identity[];

/** What those get who may; everybody else known gets 403, everybody unknown 401. */
const table: readonly { request: string; status: number; may: readonly Identity[] }[] = [
  { request: "GET /healthz", status: 200, may: ["admin", "monitor", "fine"] },
  { request: "GET /healthz/ping", status: 200, may: ["admin", "monitor", "fine"] },
  { request: "GET /livez?verbose", status: 200, may: ["admin", "monitor", "fine"] },
  { request: "GET /readyz", status: 200, may: ["admin", "monitor", "fine"] },
  { request: "GET /pods", status: 200, may: ["admin", "monitor", "fine"] },
  { request: "GET /pods/", status: 200, may: ["admin", "monitor", "fine"] },
  { request: "GET /runningpods/", status: 200, may: ["admin", "monitor", "fine"] },
  { request: "POST /pods", status: 405, may: ["admin", "poster"] },
  { request: "PUT /pods", status: 405, may: ["admin"] },
  { request: "DELETE /runningpods/", status: 405, may: ["admin"] },
  { request: "OPTIONS /healthz", status: 405, may: ["admin"] },
  { request: "HEAD /healthz", status: 405, may: ["admin", "monitor", "fine"] },
  { request: "GET /containerLogs/default/gone/main", status: 404, may: ["admin", "monitor"] },
  { request: "POST /containerLogs/default/gone/main", status: 405, may: ["admin", "poster"] },
  { request: "GET /exec/default/web/main?command=id", status: 501, may: ["admin", "poster"] },
  { request: "POST /exec/default/web/main?command=id", status: 501, may: ["admin", "poster"] },
  { request: "POST /exec/default/web/uid/main", status: 501, may: ["admin", "poster"] },
  { request: "PUT /exec/default/web/main", status: 405, may: ["admin", "poster"] },
  { request: "GET /attach/default/web/main", status: 501, may: ["admin", "poster"] },
  { request: "POST /attach/default/web/uid/main", status: 501, may: ["admin", "poster"] },
  { request: "GET /portForward/default/web", status: 501, may: ["admin", "poster"] },
  { request: "POST /portForward/default/web/uid", status: 501, may: ["admin", "poster"] },
  { request: "POST /run/default/web/main?cmd=id", status: 501, may: ["admin", "poster"] },
  { request: "GET /run/default/web/main?cmd=id", status: 405, may: ["admin", "poster"] },
  { request: "GET /metrics", status: 200, may: ["admin", "scraper", "monitor"] },
  { request: "GET /metrics/resource", status: 501, may: ["admin", "scraper", "monitor"] },
  { request: "GET /metrics/cadvisor", status: 501, may: ["admin", "scraper", "monitor"] },
  { request: "GET /metrics/probes", status: 200, may: ["admin", "scraper", "monitor"] },
  { request: "GET /metrics/nothing", status: 404, may: ["admin", "scraper", "monitor"] },
  { request: "GET /stats/summary", status: 501, may: ["admin", "monitor"] },
  { request: "POST /stats/summary", status: 501, may: ["admin"] },
  { request: "GET /configz", status: 200, may: ["admin", "monitor", "fine"] },
  { request: "GET /logs/", status: 405, may: ["admin"] },
  { request: "GET /logs/syslog", status: 405, may: ["admin"] },
  { request: "POST /checkpoint/default/web/main", status: 404, may: ["admin"] },
  { request: "GET /debug/pprof/heap", status: 405, may: ["admin", "monitor"] },
  { request: "GET /debug/flags/v", status: 405, may: ["admin", "monitor"] },
  { request: "GET /statusz", status: 404, may: ["admin", "monitor"] },
  { request: "GET /", status: 404, may: ["admin", "monitor"] },
  { request: "GET /nothing", status: 404, may: ["admin", "monitor"] },
  { request: "GET //exec/default/web/main", status: 404, may: ["admin", "monitor"] },
  { request: "GET /metrics/../exec/default/web/main", status: 404, may: ["admin", "scraper", "monitor"] },
  { request: "GET /metrics%2F..%2Fexec/default/web/main", status: 404, may: ["admin", "monitor"] },
];

/** A client without a certificate that resumes the TLS session of one that had the admin's, as far as it is let. */
async function sessionsOf(server: TestServer): Promise<RequestOptions[]> {
  const versions = ["TLSv1.2", "TLSv1.3"] as const;
  const options = versions.map(async (version) => {
    const only = { minVersion: version, maxVersion: version };
    const { socket, status } = await server.ask("/healthz", { ...only, ...identities.admin });
    expect(status).toBe(200);
    return { ...only, session: socket.getSession() };
  });
  return Promise.all(options);
}

describe("the kubelet API", () => {
  test.for(table)(
    "answers $request with $status to those who may, 403 or 401 to others",
    async ({ request, status, may }) => {
      const server = await start({ tokens, allows });
      const [method = "", path = ""] = request.split(" ");
      for (const [name, identity] of Object.entries(identities) as [Identity, object][]) {
        const answer = await server.ask(path, { method, ...identity });
        const isKnown = (known as readonly Identity[]).includes(name);
        expect({ name, status: answer.status }).toEqual({
          name,
          status: may.includes(name) ? status : isKnown ? 403 : 401,
        });
      }
      for (const resumed of await sessionsOf(server)) {
        expect((await server.ask(path, { method, ...resumed })).status).toBe(401);
      }
    },
  );

  it("refuses in the kubelet's words", async () => {
    const server = await start({ tokens, allows });
    expect((await server.ask("/pods")).body).toBe("Unauthorized");
    expect((await server.ask("/pods", identities.scraper)).body).toBe(
      "Forbidden (user=scraper, verb=get, resource=nodes, subresource(s)=[pods proxy])\n",
    );
    const notAllowed = await server.ask("/pods", { method: "POST", ...identities.admin });
    expect(notAllowed.headers.allow).toBe("GET");
    expect((await server.ask("/exec/n/p/c", { method: "PATCH", ...identities.admin })).headers.allow).toBe("GET, POST");
  });

  it("asks about its own node, the fine subresource first, and no further than needed", async () => {
    const server = await start({ allows: (_, { subresource }) => subresource === "pods", nodeName: "burst-7" });
    await server.ask("/pods", identities.admin);
    expect(server.reviews).toEqual([{ verb: "get", nodeName: "burst-7", subresource: "pods" }]);
    await server.ask("/exec/default/web/main", identities.admin);
    expect(server.reviews.at(-1)).toEqual({ verb: "create", nodeName: "burst-7", subresource: "proxy" });
  });

  it("tells the reviewer user, groups and system:authenticated once, for certificates and tokens", async () => {
    const users: UserInfo[] = [];
    const token = { username: "t", uid: "7", groups: ["system:authenticated"], extra: { scope: ["x"] } };
    const server = await start({ tokens: { t: token }, allows: (user) => users.push(user) > 0 });
    await server.ask("/pods", identities.admin);
    await server.ask("/pods", authority.client({ commonName: "lone" }));
    await server.ask("/pods", { headers: { authorization: "Bearer t" } });
    expect(users).toEqual([
      { username: "admin", groups: ["dev", "system:masters", "system:authenticated"] },
      { username: "lone", groups: ["system:authenticated"] },
      token,
    ]);
  });

  it("falls back to the token when the certificate is worth nothing", async () => {
    const server = await start({ tokens, allows });
    const both = { ...identities["another CA's admin"], ...identities.fine };
    expect((await server.ask("/pods", both)).status).toBe(200);
  });

  it("answers 500 while access cannot be reviewed, and says which", async () => {
    const server = await start({
      allows: () => {
        throw new Error("connection refused");
      },
    });
    const answer = await server.ask("/pods", identities.admin);
    expect(answer.status).toBe(500);
    expect(answer.body).toBe("Authorization error (user=admin, verb=get, resource=nodes, subresource=pods)");
  });

  it("answers an upgrade that it does not serve with a metav1.Status that names provider and node", async () => {
    const server = await start({ tokens, allows });
    const upgrade = { method: "POST", headers: { connection: "Upgrade", upgrade: "SPDY/3.1" } };
    expect((await server.ask("/exec/default/web/main", upgrade)).status).toBe(401);
    const answer = await server.ask("/exec/default/web/main", { ...upgrade, ...identities.admin });
    expect(answer.headers["content-type"]).toBe("application/json");
    expect(JSON.parse(answer.body)).toMatchObject({
      kind: "Status",
      apiVersion: "v1",
      status: "Failure",
      code: 501,
      reason: "NotImplemented",
      message: 'provider "local" of node "burst-1" offers no way to run a command in a container',
    });
  });

  it("lists its own pods alone, whatever the lookup holds", async () => {
    const task = { identity: { clusterUid: "c", podUid: "u", attempt: 1 } };
    const server = await start({
      pods: [
        { pod: pod("ours", "burst-1"), task, containers: [] },
        { pod: pod("pending", "burst-1"), task: undefined, containers: [] },
        { pod: pod("theirs", "burst-2"), task, containers: [] },
      ],
      provider: { logs: async function* () {} },
    });
    const names = async (path: string): Promise<unknown> => {
      const answer = await server.ask(path, identities.admin);
      expect(answer.headers["content-type"]).toBe("application/json");
      const list = JSON.parse(answer.body) as { kind: string; apiVersion: string; items: Pod[] };
      expect(list).toMatchObject({ kind: "PodList", apiVersion: "v1" });
      return list.items.map((item) => item.metadata?.name);
    };
    expect(await names("/pods")).toEqual(["ours", "pending"]);
    expect(await names("/runningpods/")).toEqual(["ours"]);
    const theirs = await server.ask("/containerLogs/default/theirs/main", identities.admin);
    expect([theirs.status, theirs.body]).toEqual([404, 'pod "theirs" does not exist']);
  });

  it("lists no pods as an empty list", async () => {
    const server = await start();
    expect(JSON.parse((await server.ask("/pods", identities.admin)).body)).toMatchObject({ items: [] });
  });
});
