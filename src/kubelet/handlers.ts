import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import type { Pod } from "../provider.ts";
import { healthAnswer, type HealthEndpoint } from "../telemetry/health.ts";
import { notOffered, send, text } from "./answer.ts";
import type { Handler, KubeletRequest } from "./handler.ts";
import { containerLogs } from "./logs/container-logs.ts";
import * as metrics from "./metrics/handlers.ts";
import { portForward } from "./port-forward/port-forward.ts";
import type { RouteName } from "./routes.ts";
import { attach } from "./stream/attach.ts";
import { exec } from "./stream/exec.ts";
import { run } from "./stream/run.ts";
import { withoutUpgrade } from "./upgrade/without-upgrade.ts";

/** One handler a route. */
export const handlers: Readonly<Record<RouteName, Handler>> = {
  healthz: health("healthz"),
  livez: health("livez"),
  readyz: health("readyz"),
  pods: (request, context) => sendPods(request, context.pods.list()),
  runningPods: (request, context) => sendPods(request, context.pods.running()),
  containerLogs,
  exec: withoutUpgrade(exec),
  attach: withoutUpgrade(attach),
  portForward: withoutUpgrade(portForward),
  run,
  statsSummary: withStats(metrics.statsSummary),
  metrics: metrics.metrics,
  metricsResource: withStats(metrics.metricsResource),
  metricsProbes: metrics.metricsProbes,
  metricsCadvisor: withStats(metrics.metricsCadvisor),
  configz: metrics.configuration,
  nodeLogs: ({ res }) => send(res, text(405, "logs endpoint is disabled.\n")),
  profiling: ({ res }) => send(res, text(405, "profiling endpoint is disabled.\n")),
  debugFlags: ({ res }) => send(res, text(405, "flags endpoint is disabled.\n")),
  notFound: ({ res }) => send(res, text(404, "404 page not found\n")),
};

function health(endpoint: HealthEndpoint): Handler {
  return ({ res, params, query }, context) => {
    const { status, body } = healthAnswer(context.health, endpoint, query, params["check"]);
    send(res, text(status, body, { "Cache-Control": "no-cache, private" }));
  };
}

/** Presence is the capability. */
function withStats(handler: Handler): Handler {
  return (request, context) => {
    if (context.provider.stats !== undefined) return handler(request, context);
    send(request.res, notOffered(context, "no usage figures", "stats"));
  };
}

/** A PodList, written pod by pod: thousands at once would hold up everything else. */
async function sendPods({ res }: KubeletRequest, pods: readonly Pod[]): Promise<void> {
  res.writeHead(200, { "Content-Type": "application/json" });
  // No signal: the pipeline sees by itself when the client is gone.
  await pipeline(Readable.from(podListParts(pods)), res);
}

function* podListParts(pods: readonly Pod[]): Generator<string> {
  yield '{"kind":"PodList","apiVersion":"v1","metadata":{},"items":[';
  for (const [index, pod] of pods.entries()) yield (index > 0 ? "," : "") + JSON.stringify(pod);
  yield "]}\n";
}
