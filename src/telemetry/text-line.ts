import type { Level } from "./log.ts";

const names: Readonly<Record<Level, string>> = { debug: "DEBUG", info: "INFO ", warn: "WARN ", error: "ERROR" };

/** `2026-01-02 03:04:05.678Z INFO  message  node=burst-1 pod=default/web`: one line, whatever the fields hold. */
export function textLine(
  now: number,
  level: Level,
  message: string,
  fields: Readonly<Record<string, unknown>>,
): string {
  const time = new Date(now).toISOString().replace("T", " ");
  const pairs = Object.entries(fields).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}=${key === "pod" ? podText(value) : valueText(value)}`],
  );
  return `${[`${time} ${names[level]} ${oneLine(message)}`, ...(pairs.length > 0 ? [pairs.join(" ")] : [])].join("  ")}\n`;
}

function podText(pod: unknown): string {
  if (typeof pod !== "object" || pod === null) return valueText(pod);
  const { namespace, name } = pod as { namespace?: unknown; name?: unknown };
  return `${String(namespace)}/${String(name)}`;
}

/** Bare words stay bare; everything else is quoted as JSON, which keeps line ends out. */
function valueText(value: unknown): string {
  if (typeof value === "string" && /^[\w.:/@+,-]+$/.test(value)) return value;
  return JSON.stringify(value) ?? "undefined";
}

function oneLine(text: string): string {
  return text.replaceAll(/[\r\n]+/g, " ");
}
