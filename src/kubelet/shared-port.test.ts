import { afterEach, describe, expect, it, test } from "vitest";

import type { NodeAccess, UserInfo } from "../cluster/cluster.ts";
import type { LogRecord, Pod, TaskStats } from "../provider.ts";
import { toSharingNodes } from "./destination.ts";
import { testSample, testStats } from "./metrics/testing.ts";
import type { FoundPod } from "./pod-lookup.ts";
import { startTestServer, testNode, type TestServer } from "./testing.ts";

/** A pod that runs, on this node. */
function running(nodeName: string, name: string, uid: string, creationTimestamp = "2026-01-02T03:04:05Z"): FoundPod {
  const pod: Pod = {
    metadata: { name, namespace: "default", uid, creationTimestamp },
    spec: { nodeName, containers: [{ name: "main" }] },
  };
  return {
    pod,
    task: { identity: { clusterUid: "c", podUid: uid, attempt: 1 } },
    containers: [{ name: "main", kind: "main", instance: 0, image: "busybox", state: { is: "running", startedAt: 0 } }],
  };
}

/** Its logs say which node's provider was asked, for which pod; its figures are of everybody's pods, as of one cloud. */
function node(nodeName: string, pods: readonly FoundPod[]) {
  const logs = async function* ({ task }: { task: { identity: { podUid: string } } }): AsyncGenerator<LogRecord[]> {
    const bytes = Buffer.from(`${nodeName} ${task.identity.podUid}`);
    yield [{ time: "2026-01-02T03:04:05.000000000Z", stream: "stdout", bytes, partial: false }];
  };
  const stats = async (): Promise<TaskStats[]> =>
    ["uid-a", "uid-b", "uid-old", "uid-new"].map((podUid) => testStats(podUid, [testSample("main")]));
  return testNode(nodeName, { pods, provider: { name: nodeName, logs: logs as never, stats } });
}

const nodes = [
  // A lookup that holds a pod of the other node too: it must not count.
  node("a", [running("a", "on-a", "uid-a"), running("b", "on-b", "uid-stolen"), running("a", "moved", "uid-old")]),
  node("b", [running("b", "on-b", "uid-b"), running("b", "moved", "uid-new", "2026-01-02T04:00:00Z")]),
];

/** The nodes whose `nodes/*` each may use. */
const rights: Readonly<Record<string, readonly string[]>> = {
  both: ["a", "b"],
  "of-a": ["a"],
  "of-b": ["b"],
  none: [],
};
const allows = (user: UserInfo, access: NodeAccess): boolean => (rights[user.username] ?? []).includes(access.nodeName);
const tokens = Object.fromEntries(Object.keys(rights).map((username) => [username, { username, groups: [] }]));
const as = (username: string) => ({ headers: { authorization: `Bearer ${username}` } });

const servers: TestServer[] = [];
async function start(): Promise<TestServer> {
  const shared = toSharingNodes();
  for (const one of nodes) shared.add(one);
  const server = await startTestServer({ direct: shared.direct, tokens, allows, access: { denyMemoryMs: 0 } });
  servers.push(server);
  return server;
}
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

/** `of`: the one node that answers, or every node of the port, whose users alone learn that there is nothing. */
const table: readonly { request: string; of: "a" | "b" | "both"; status: number; says: string }[] = [
  { request: "GET /containerLogs/default/on-a/main", of: "a", status: 200, says: "a uid-a\n" },
  { request: "GET /containerLogs/default/on-b/main", of: "b", status: 200, says: "b uid-b\n" },
  { request: "GET /containerLogs/default/moved/main", of: "b", status: 200, says: "b uid-new\n" },
  { request: "GET /containerLogs/default/gone/main", of: "both", status: 404, says: 'pod "gone" does not exist' },
  { request: "GET /containerLogs/other/on-a/main", of: "both", status: 404, says: 'pod "on-a" does not exist' },
  { request: "POST /containerLogs/default/on-a/main", of: "a", status: 405, says: "Method Not Allowed" },
  { request: "GET /nodes/a/containerLogs/default/on-a/main", of: "a", status: 200, says: "a uid-a\n" },
  { request: "GET /nodes/a/containerLogs/default/on-b/main", of: "a", status: 404, says: 'pod "on-b" does not exist' },
  { request: "GET /nodes/b/containerLogs/default/on-a/main", of: "b", status: 404, says: 'pod "on-a" does not exist' },
  { request: "GET /nodes/a/containerLogs/default/moved/main", of: "a", status: 200, says: "a uid-old\n" },
  { request: "GET /nodes/a/pods", of: "a", status: 200, says: "on-a,moved" },
  { request: "GET /nodes/b/pods", of: "b", status: 200, says: "on-b,moved" },
  { request: "GET /nodes/b/runningpods/", of: "b", status: 200, says: "on-b,moved" },
  { request: "GET /nodes/a/healthz", of: "a", status: 200, says: "ok" },
  { request: "POST /nodes/a/pods", of: "a", status: 405, says: "Method Not Allowed" },
  { request: "GET /nodes/c/pods", of: "both", status: 404, says: "404 page not found\n" },
  { request: "GET /nodes/a", of: "a", status: 404, says: "404 page not found\n" },
  { request: "GET /nodes/a/", of: "a", status: 404, says: "404 page not found\n" },
  { request: "GET /nodes/a/nodes/b/pods", of: "a", status: 404, says: "404 page not found\n" },
  { request: "GET /nodes/a/../b/pods", of: "a", status: 404, says: "404 page not found\n" },
  { request: "GET /nodes/%61/pods", of: "both", status: 404, says: "404 page not found\n" },
  { request: "GET /nodes/", of: "both", status: 404, says: "404 page not found\n" },
  { request: "GET /nothing", of: "both", status: 404, says: "404 page not found\n" },
  ...[
    "/pods",
    "/runningpods/",
    "/metrics",
    "/metrics/resource",
    "/stats/summary",
    "/configz",
    "/healthz",
    "/livez",
  ].map((path) => ({
    request: `GET ${path}`,
    of: "both" as const,
    status: 404,
    says: `several virtual nodes share this port: ask for /nodes/<name>${path}, where <name> is of a, b`,
  })),
];

describe("a port that several nodes share", () => {
  test.for(table)("answers $request for node $of with $status, others 403 or 401", async (row) => {
    const server = await start();
    const [method = "", path = ""] = row.request.split(" ");
    for (const username of Object.keys(rights)) {
      const { status, body } = await server.ask(path, { method, ...as(username) });
      const may = username === "both" || username === `of-${row.of}`;
      expect({ username, status }).toEqual({ username, status: may ? row.status : 403 });
      if (may) expect(meaningOf(body)).toBe(row.says);
      else expect(body).toMatch(/^Forbidden \(user=/);
    }
    expect((await server.ask(path, { method })).status).toBe(401);
    expect((await server.ask(path, { method, ...as("unknown") })).status).toBe(401);
  });

  test.for(["exec", "attach", "portForward", "run"])("asks for create at the pod's node alone on /%s", async (kind) => {
    const server = await start();
    const rest = kind === "portForward" ? "" : "/main";
    for (const [pod, name] of [
      ["on-a", "a"],
      ["on-b", "b"],
      ["on-b/uid-b", "b"],
      ["moved/uid-old", "a"],
      ["moved/uid-new", "b"],
    ] as const) {
      server.reviews.splice(0);
      const { status } = await server.ask(`/${kind}/default/${pod}${rest}`, { method: "POST", ...as("none") });
      expect({ pod, status, reviews: server.reviews }).toEqual({
        pod,
        status: 403,
        reviews: [{ verb: "create", nodeName: name, subresource: "proxy" }],
      });
    }
  });

  it.for<[string, string, readonly string[]]>([
    ["a", "/metrics/resource", ["moved", "on-a"]],
    ["b", "/metrics/resource", ["moved", "on-b"]],
    ["a", "/metrics/cadvisor", ["moved", "on-a"]],
    ["b", "/metrics/cadvisor", ["moved", "on-b"]],
    ["a", "/stats/summary", ["moved", "on-a"]],
    ["b", "/stats/summary", ["moved", "on-b"]],
  ])("shows at /nodes/%s%s the usage of that node's pods alone", async ([name, path, pods]) => {
    const server = await start();
    const { status, body } = await server.ask(`/nodes/${name}${path}`, as(`of-${name}`));
    expect(status).toBe(200);
    const named = [...body.matchAll(/pod="([^"]+)"|"podRef":\{"name":"([^"]+)"/g)].map((match) => match[1] ?? match[2]);
    expect([...new Set(named)].toSorted()).toEqual(pods);
  });

  it("leads an upgrade to the node that has the pod, or that the path names", async () => {
    const server = await start();
    const upgrade = { connection: "Upgrade", upgrade: "SPDY/3.1", "x-stream-protocol-version": "v4.channel.k8s.io" };
    const ask = async (path: string, username: string): Promise<[number, string]> => {
      const headers = { ...upgrade, ...as(username).headers };
      const { status, body } = await server.ask(`${path}?command=id&output=1`, { method: "POST", headers });
      return [status, body.startsWith("{") ? (JSON.parse(body) as { message: string }).message : body];
    };
    const lacks = (name: string): [number, string] => [
      501,
      `provider "${name}" of node "${name}" offers no way to run a command in a container`,
    ];
    expect(await ask("/exec/default/on-a/main", "of-a")).toEqual(lacks("a"));
    expect(await ask("/exec/default/on-b/main", "of-b")).toEqual(lacks("b"));
    expect(await ask("/exec/default/moved/uid-old/main", "of-a")).toEqual(lacks("a"));
    expect(await ask("/nodes/b/exec/default/on-b/main", "of-b")).toEqual(lacks("b"));
    expect((await ask("/exec/default/on-b/main", "of-a"))[0]).toBe(403);
    expect((await ask("/exec/default/gone/main", "of-a"))[0]).toBe(403);
    expect(await ask("/exec/default/gone/main", "both")).toEqual([404, 'pod "gone" does not exist']);
  });

  it("takes a pod of another uid for none, and says so as clients of streams understand it", async () => {
    const server = await start();
    // `uid-stolen` is only in the lookup of a node that does not own the pod.
    for (const pod of ["on-a/uid-b", "on-b/uid-stolen", "gone"]) {
      const answer = await server.ask(`/exec/default/${pod}/main`, { method: "POST", ...as("both") });
      expect(answer.status).toBe(404);
      expect(JSON.parse(answer.body)).toMatchObject({ kind: "Status", reason: "NotFound", code: 404 });
    }
  });

  it("forgets a node that is served no more", () => {
    const shared = toSharingNodes();
    const [first, second] = nodes.map((one) => shared.add(one));
    first?.();
    expect(shared.direct("/nodes/a/pods")).toMatchObject({ nodeNames: ["b"], answer: { status: 404 } });
    expect(shared.direct("/containerLogs/default/on-a/main")).toMatchObject({ nodeNames: ["b"] });
    expect(shared.direct("/nodes/b/pods")).toMatchObject({ node: { nodeName: "b" } });
    second?.();
    expect(shared.direct("/nodes/b/pods")).toMatchObject({ nodeNames: [] });
  });
});

/** A PodList as the names in it, a Status as its message, anything else as it is. */
function meaningOf(body: string): string {
  if (!body.startsWith("{")) return body;
  const { items, message } = JSON.parse(body) as { items?: Pod[]; message?: string };
  return items?.map((pod) => pod.metadata?.name).join(",") ?? message ?? body;
}
