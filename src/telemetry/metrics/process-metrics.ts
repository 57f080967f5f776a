import type { Clock } from "../../model/clock.ts";
import { watchEventLoop } from "./event-loop.ts";
import { createMeters } from "./meters.ts";
import { metricNames } from "./names.ts";

/** One request to the API server, seen from outside. */
export interface RequestSeen {
  /** Of RBAC: get, list, watch …; `undefined` outside the API's resources. */
  readonly verb: string | undefined;
  readonly resource: string | undefined;
  readonly method: string;
  /** `undefined`: no answer. */
  readonly status: number | undefined;
  readonly seconds: number;
}

export interface Load {
  readonly waiting: number;
  readonly running: number;
}

export interface ProcessMetrics {
  /** `host`: of the API server, with its port. */
  request(seen: RequestSeen, host: string): void;
  /** What these lanes hold is read at each scrape. */
  lanes<Name extends string>(names: readonly Name[], load: (lane: Name) => Load): void;
  /** `gitVersion`: what the nodes report as their kubelet's version. */
  build(gitVersion: string, productVersion: string): void;
  /** Prometheus text. */
  text(): Promise<string>;
}

/** What all nodes of the process have in common. Counting costs a few microseconds. */
export function createProcessMetrics(clock: Clock): ProcessMetrics {
  const { meters, registry } = createMeters(metricNames.process);
  const loopDelay = watchEventLoop(clock);
  let readLanes = (): readonly (Load & { readonly lane: string })[] => [];
  let cpuCounted = 0;
  meters.process_start_time_seconds.set(clock.now() / 1000 - process.uptime());

  const refresh = (): void => {
    const { user, system } = process.cpuUsage();
    const cpu = (user + system) / 1e6;
    meters.process_cpu_seconds_total.inc(Math.max(0, cpu - cpuCounted));
    cpuCounted = cpu;
    meters.process_resident_memory_bytes.set(process.memoryUsage.rss());
    for (const { quantile, seconds } of loopDelay()) {
      meters.burstlet_event_loop_delay_seconds.set({ quantile }, seconds);
    }
    for (const { lane, waiting, running } of readLanes()) {
      meters.burstlet_lane_waiting.set({ lane }, waiting);
      meters.burstlet_lane_running.set({ lane }, running);
    }
  };

  return {
    request({ verb, resource, method, status, seconds }, host) {
      // client-go's word for a request without an answer.
      const code = status === undefined ? "<error>" : String(status);
      meters.rest_client_requests_total.inc({ code, method, host });
      meters.rest_client_request_duration_seconds.observe({ verb: method, host }, seconds);
      if (verb !== undefined && resource !== undefined) {
        meters.burstlet_api_requests_total.inc({ verb, resource, code });
      }
    },
    lanes(names, load) {
      readLanes = () => names.map((lane) => ({ lane, ...load(lane) }));
    },
    build(gitVersion, productVersion) {
      const [, major = "", minor = ""] = /^v(\d+)\.(\d+)/.exec(gitVersion) ?? [];
      const platform = `${process.platform}/${process.arch === "x64" ? "amd64" : process.arch}`;
      meters.kubernetes_build_info.set({ major, minor, git_version: gitVersion, platform }, 1);
      meters.burstlet_build_info.set({ version: productVersion, node_version: process.version }, 1);
    },
    async text() {
      refresh();
      return registry.metrics();
    },
  };
}
