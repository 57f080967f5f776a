import { afterEach, describe, expect, it } from "vitest";
import type { Provider } from "../../provider.ts";
import { startTestServer, testAuthority, type TestServer } from "../testing.ts";
import { testPod, testSample, testStats } from "./testing.ts";

const authority = testAuthority();
const admin = authority.client({ commonName: "admin", organizations: ["system:masters"] });
let server: TestServer | undefined;

afterEach(() => server?.close());

async function start(provider: Partial<Provider>): Promise<TestServer> {
  const identity = { clusterUid: "c", podUid: "u1", attempt: 1 };
  const pods = [{ pod: testPod("web", ["main"], "u1"), task: { identity }, containers: [] }];
  server = await startTestServer({ clientCA: () => Promise.resolve(authority.cert), pods, provider });
  return server;
}

const stats = async () => [testStats("u1", [testSample("main")])];
const prometheus = "text/plain; version=0.0.4; charset=utf-8";

describe("the endpoints of metrics", () => {
  it.for([
    ["/metrics", prometheus, "# no metrics"],
    [
      "/metrics/resource",
      prometheus,
      'container_cpu_usage_seconds_total{container="main",pod="web",namespace="default"}',
    ],
    ["/metrics/cadvisor", prometheus, "machine_cpu_cores 4"],
    ["/metrics/probes", prometheus, "# no probes"],
    ["/stats/summary", "application/json", '"podRef":{"name":"web","namespace":"default","uid":"u1"}'],
    ["/configz", "application/json", '{"kubeletconfig":{"kind":"KubeletConfiguration"'],
  ] as const)("%s answers with the type that its readers expect", async ([path, type, part]) => {
    const capacity = async () => ({ cpu: 4, memory: 8e9 }) as Awaited<ReturnType<Provider["capacity"]>>;
    const { ask } = await start({ stats, capacity });
    const openMetrics = {
      accept: "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
    };
    const answer = await ask(path, { ...admin, headers: openMetrics });
    expect([answer.status, answer.headers["content-type"]]).toEqual([200, type]);
    expect(answer.body).toContain(part);
  });

  it("say 501 with a sentence where the provider knows no usage", async () => {
    const { ask } = await start({});
    const answer = await ask("/metrics/resource", admin);
    expect(answer.status).toBe(501);
    expect(answer.body).toContain('provider \\"local\\" of node \\"burst-1\\" offers no usage figures');
  });

  it("ask a provider once for scrapers that come together", async () => {
    let asked = 0;
    const { ask } = await start({
      stats: async () => {
        asked += 1;
        return stats();
      },
    });
    await Promise.all(["/metrics/resource", "/metrics/cadvisor", "/stats/summary"].map((path) => ask(path, admin)));
    expect(asked).toBe(1);
  });

  it.for([
    ["GET", "?only_cpu_and_memory=true", false],
    ["GET", "?only_cpu_and_memory=true&only_cpu_and_memory=true", true],
    ["GET", "", true],
    ["POST", "", true],
    ["POST", "?only_cpu_and_memory=true", false],
  ] as const)("%s /stats/summary%s: with the rest %s", async ([method, query, whole]) => {
    const { ask } = await start({
      stats: async () => [{ ...testStats("u1", [testSample("main")]), network: { rxBytes: 1, txBytes: 2 } }],
    });
    const answer = await ask(`/stats/summary${query}`, { method, ...admin });
    expect(answer.body.includes('"network"')).toBe(whole);
  });

  it("answer while the provider fails", async () => {
    const { ask } = await start({
      stats: async () => {
        throw new Error("away");
      },
      capacity: async () => {
        throw new Error("away");
      },
    });
    expect((await ask("/metrics/resource", admin)).body).toContain("\nresource_scrape_error 1\n");
    expect((await ask("/metrics/cadvisor", admin)).body).toContain("\ncontainer_scrape_error 1\n");
    expect(JSON.parse((await ask("/stats/summary", admin)).body)).toMatchObject({ pods: [] });
  });
});
