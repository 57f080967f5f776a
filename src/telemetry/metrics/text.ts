/**
 * The text exposition format 0.0.4, for figures that are read and not counted: they change their labels with every pod,
 * carry the time at which they were taken, and number tens of thousands.
 */
import type { MetricRow } from "./names.ts";

/** What Prometheus and metrics-server ask for first; both take it whatever their Accept header lists. */
export const metricsContentType = "text/plain; version=0.0.4; charset=utf-8";

export function header(name: string, { help, kind }: MetricRow): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n`;
}

/**
 * One line. metrics-server finds labels by plain search and wants `{` right behind the name, so nothing is padded;
 * labels that are `undefined` are left out. `time`: milliseconds since 1970.
 */
export function sample(
  name: string,
  labels: Readonly<Record<string, string | undefined>>,
  value: number,
  time?: number,
): string {
  const parts: string[] = [];
  for (const key in labels) {
    const text = labels[key];
    if (text !== undefined) parts.push(`${key}="${escaped(text)}"`);
  }
  const set = parts.length === 0 ? "" : `{${parts.join(",")}}`;
  return time === undefined ? `${name}${set} ${value}\n` : `${name}${set} ${value} ${Math.round(time)}\n`;
}

function escaped(text: string): string {
  return /[\\"\n]/.test(text) ? text.replace(/[\\"]/g, String.raw`\$&`).replaceAll("\n", String.raw`\n`) : text;
}

const chunkLength = 16_384;

/** Lines by the handful: a chunk for each would cost more than the line. */
export function* inChunks(lines: Iterable<string>): Generator<string> {
  let chunk = "";
  for (const line of lines) {
    chunk += line;
    if (chunk.length < chunkLength) continue;
    yield chunk;
    chunk = "";
  }
  if (chunk !== "") yield chunk;
}
