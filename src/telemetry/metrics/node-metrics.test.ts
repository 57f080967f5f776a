import { describe, expect, it } from "vitest";
import { fakeClock } from "../../../test/support/fake-clock.ts";
import { ProviderError } from "../../model/provider-error.ts";
import type { Provider } from "../../provider.ts";
import { createNodeMetrics } from "./node-metrics.ts";
import { createProcessMetrics } from "./process-metrics.ts";

function setUp() {
  const clock = fakeClock();
  const shared = createProcessMetrics(clock);
  const metrics = createNodeMetrics({ nodeName: "burst-1", clock, shared });
  const series = async (pattern: RegExp): Promise<readonly string[]> =>
    (await metrics.text()).split("\n").filter((line) => !line.startsWith("#") && pattern.test(line));
  return { clock, shared, metrics, series };
}

const launch = (attempt: number) =>
  ({ identity: { clusterUid: "c", podUid: "u", attempt }, token: "t", tryNumber: 1, request: {} }) as const;

describe("the metrics of a node", () => {
  it("name the node, the versions, and what the process uses", async () => {
    const { shared, series } = setUp();
    shared.build("v1.36.3-burstlet-0.1.0", "0.1.0");
    expect(await series(/^kubelet_node_name/)).toEqual(['kubelet_node_name{node="burst-1"} 1']);
    expect((await series(/^kubernetes_build_info/))[0]).toContain(
      'major="1",minor="36",git_version="v1.36.3-burstlet-0.1.0"',
    );
    const figures = await series(/^(process_\w+|burstlet_event_loop_delay_seconds\{quantile="1"\}) [\d.e-]+$/);
    expect(figures).toHaveLength(4);
    expect(figures.find((line) => line.startsWith("process_resident"))).toMatch(/ [1-9]\d{7,}$/);
  });

  it("read population and lanes at the scrape", async () => {
    const { shared, metrics, series } = setUp();
    let pods = 1;
    metrics.population(() => ({ pods, containers: { running: pods * 2, exited: 3, unknown: 0 } }));
    shared.lanes(["api"], () => ({ waiting: pods, running: 7 }));
    await metrics.text();
    pods = 5;
    expect(await series(/^kubelet_running|^burstlet_lane/)).toEqual([
      "kubelet_running_pods 5",
      'kubelet_running_containers{container_state="running"} 10',
      'kubelet_running_containers{container_state="exited"} 3',
      'kubelet_running_containers{container_state="unknown"} 0',
      'burstlet_lane_waiting{lane="api"} 5',
      'burstlet_lane_running{lane="api"} 7',
    ]);
  });

  it("tell how long the certificate of the kubelet port is good for", async () => {
    const { clock, metrics, series } = setUp();
    const name = "kubelet_certificate_manager_server_ttl_seconds";
    expect(await series(/^kubelet_certificate/)).toEqual([`${name} +Inf`]);
    const end = clock.now() + 90_000;
    metrics.certificateEnd(() => end);
    await clock.advance(120_000);
    expect(await series(/^kubelet_certificate/)).toEqual([`${name} -30`]);
  });

  it("count requests to the API server by what was asked and answered", async () => {
    const { shared, series } = setUp();
    const patch = { verb: "patch", resource: "pods/status", method: "PATCH", seconds: 0.02 } as const;
    shared.request({ ...patch, status: 200 }, "10.0.0.1:6443");
    shared.request({ ...patch, status: 200 }, "10.0.0.1:6443");
    shared.request({ ...patch, status: undefined }, "10.0.0.1:6443");
    shared.request({ ...patch, verb: undefined, resource: undefined, status: 200 }, "10.0.0.1:6443");
    expect(await series(/^(rest_client_requests|burstlet_api_requests)_total/)).toEqual([
      'rest_client_requests_total{code="200",method="PATCH",host="10.0.0.1:6443"} 3',
      'rest_client_requests_total{code="<error>",method="PATCH",host="10.0.0.1:6443"} 1',
      'burstlet_api_requests_total{verb="patch",resource="pods/status",code="200"} 2',
      'burstlet_api_requests_total{verb="patch",resource="pods/status",code="<error>"} 1',
    ]);
    expect(await series(/^rest_client_request_duration_seconds_bucket\{le="0.025"/)).toEqual([
      'rest_client_request_duration_seconds_bucket{le="0.025",verb="PATCH",host="10.0.0.1:6443"} 4',
    ]);
  });

  it("count passes over pods, starts, and the provider's trouble", async () => {
    const { metrics, series } = setUp();
    metrics.passed("create", 0.2, false);
    metrics.passed("sync", 0.1, true);
    metrics.podStarted(2.5);
    metrics.containerStarted("init_container");
    metrics.providerReady(false);
    expect(
      await series(/^(workqueue|kubelet_pod_\w+_count|kubelet_started_containers|burstlet_provider_ready)/),
    ).toEqual([
      'kubelet_started_containers_total{container_type="init_container"} 1',
      "kubelet_pod_start_duration_seconds_count 1",
      'kubelet_pod_worker_duration_seconds_count{operation_type="create"} 1',
      'kubelet_pod_worker_duration_seconds_count{operation_type="sync"} 1',
      'workqueue_adds_total{name="pods"} 2',
      'workqueue_retries_total{name="pods"} 1',
      "burstlet_provider_ready 0",
    ]);
  });
});

describe("a measured provider", () => {
  it("has its launches counted by attempt and result, and its errors by kind", async () => {
    const { clock, metrics, series } = setUp();
    const answers = [undefined, new ProviderError("throttled", "Slow", "slow down"), undefined];
    const provider = metrics.measured({
      async launch() {
        await clock.sleep(40);
        const answer = answers.shift();
        if (answer !== undefined) throw answer;
      },
    } as unknown as Provider);
    for (const attempt of [1, 1, 2]) {
      const launched = provider.launch(launch(attempt), new AbortController().signal).catch((error: unknown) => error);
      await clock.advance(40);
      await launched;
    }
    expect(
      await series(/^(burstlet_launches|kubelet_started_pods|burstlet_provider_errors|kubelet_runtime)\w*_total/),
    ).toEqual([
      "kubelet_started_pods_total 3",
      "kubelet_started_pods_errors_total 1",
      'kubelet_runtime_operations_total{operation_type="launch"} 3',
      'kubelet_runtime_operations_errors_total{operation_type="launch"} 1',
      'burstlet_launches_total{attempt="first",result="accepted"} 1',
      'burstlet_launches_total{attempt="first",result="failed"} 1',
      'burstlet_launches_total{attempt="later",result="accepted"} 1',
      'burstlet_provider_errors_total{operation="launch",kind="throttled"} 1',
    ]);
    expect(await series(/operations_duration_seconds_sum/)).toEqual([
      'kubelet_runtime_operations_duration_seconds_sum{operation_type="launch"} 0.12',
    ]);
  });

  it("is the provider itself in everything else: absent methods, getters, private state", async () => {
    class Own {
      readonly name = "own";
      #secret = 7;
      #rows: readonly string[] = [];
      get support() {
        return this.#rows;
      }
      change(): void {
        this.#rows = ["changed"];
      }
      async list() {
        return [this.#secret];
      }
      watch() {
        return this.#secret;
      }
    }
    const own = Object.freeze(new Own());
    const provider = setUp().metrics.measured(own as unknown as Provider) as unknown as Own & Provider;
    expect([provider.stats, "stats" in provider, provider.name]).toEqual([undefined, false, "own"]);
    own.change();
    expect(provider.support).toEqual(["changed"]);
    expect(provider.watch()).toBe(7);
    expect(await provider.list()).toEqual([7]);
  });
});
