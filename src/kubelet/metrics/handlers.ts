/** The endpoints of metrics: read what is known, write it piece by piece. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import type { Handler } from "../handler.ts";
import { inChunks, metricsContentType } from "../../telemetry/metrics/text.ts";
import { cadvisorLines } from "./cadvisor.ts";
import { configz } from "./configz.ts";
import { resourceLines } from "./resource.ts";
import { summaryParts } from "./summary.ts";

/** `/metrics`: of the node and of the process. */
export const metrics: Handler = async ({ res }, { view }) => {
  await write(res, metricsContentType, [await view.metrics()]);
};

export const metricsResource: Handler = async ({ res }, { view, pods }) => {
  await write(res, metricsContentType, inChunks(resourceLines(await view.usage.read(pods.list()))));
};

export const metricsCadvisor: Handler = async ({ res }, { view, pods }) => {
  const [usage, machine] = await Promise.all([view.usage.read(pods.list()), view.machine()]);
  await write(res, metricsContentType, inChunks(cadvisorLines(usage, machine)));
};

export const metricsProbes: Handler = async ({ res }, { view }) => {
  await write(res, metricsContentType, [await view.probes()]);
};

export const statsSummary: Handler = async ({ req, res, query }, { view, pods, nodeName }) => {
  const asked = [...query.getAll("only_cpu_and_memory"), ...(await formValues(req, "only_cpu_and_memory"))];
  const cpuAndMemoryOnly = asked.length === 1 && asked[0] === "true";
  const [usage, machine] = await Promise.all([view.usage.read(pods.list()), view.machine()]);
  await write(res, "application/json", inChunks(summaryParts(usage, { nodeName, cpuAndMemoryOnly, machine })));
};

export const configuration: Handler = async ({ req, res }, { view }) => {
  await write(res, "application/json", [`${JSON.stringify(configz(view.settings, req.socket.localPort))}\n`]);
};

async function write(res: ServerResponse, contentType: string, parts: Iterable<string>): Promise<void> {
  res.writeHead(200, { "Content-Type": contentType, "X-Content-Type-Options": "nosniff" });
  // No signal: the pipeline sees by itself when the client is gone.
  await pipeline(Readable.from(parts), res);
}

const longestForm = 4_096;

/** The kubelet takes the option from a form too. Anything else in a body means nothing, and is not kept. */
async function formValues(req: IncomingMessage, name: string): Promise<readonly string[]> {
  if (req.headers["content-type"]?.startsWith("application/x-www-form-urlencoded") !== true) return [];
  let body = "";
  for await (const chunk of req) if (body.length < longestForm) body += String(chunk);
  return body.length < longestForm ? new URLSearchParams(body).getAll(name) : [];
}
