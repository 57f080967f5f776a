/** One thing that must be well. Plain data and a quick look at what is known already: a check never waits. */
export interface HealthCheck {
  /** Short, without spaces; addressed as `/readyz/<name>` and `?exclude=<name>`. */
  readonly name: string;
  /** `live`: failing means that only a restart helps (asked by /livez too). `ready`: failing means not now. */
  readonly kind: "live" | "ready";
  /** `undefined` when well, otherwise a sentence that says what is wrong. */
  check(): string | undefined;
}

export type HealthEndpoint = "livez" | "readyz" | "healthz";

export interface HealthAnswer {
  readonly status: 200 | 404 | 500;
  /** text/plain. */
  readonly body: string;
}

/** Proves that requests are served at all. */
const ping: HealthCheck = { name: "ping", kind: "live", check: () => undefined };

/**
 * The answer of `/livez`, `/readyz` or `/healthz` in the API server's format: `ok`, or with `?verbose` or a failure
 * one line a check. `only`: the last part of `/readyz/<name>`. /livez asks live checks alone, the others ask all.
 */
export function healthAnswer(
  checks: readonly HealthCheck[],
  endpoint: HealthEndpoint,
  query: URLSearchParams,
  only?: string,
): HealthAnswer {
  const asked = [ping, ...checks].filter((check) => endpoint !== "livez" || check.kind === "live");
  if (only !== undefined) return singleAnswer(asked, endpoint, only);

  const excluded = new Set(query.getAll("exclude"));
  const results = asked.map((check) => ({
    name: check.name,
    trouble: excluded.has(check.name) ? undefined : check.check(),
    excluded: excluded.delete(check.name),
  }));
  const failed = results.some((result) => result.trouble !== undefined);
  if (!failed && !query.has("verbose")) return { status: 200, body: "ok" };

  const lines = results.map(({ name, trouble, excluded: left }) =>
    left ? `[+]${name} excluded: ok` : trouble === undefined ? `[+]${name} ok` : `[-]${name} failed: ${trouble}`,
  );
  if (excluded.size > 0) {
    lines.push(`warn: some health checks cannot be excluded: no matches for ${[...excluded].map(quoted).join(", ")}`);
  }
  lines.push(`${endpoint} check ${failed ? "failed" : "passed"}`);
  return { status: failed ? 500 : 200, body: `${lines.join("\n")}\n` };
}

function singleAnswer(asked: readonly HealthCheck[], endpoint: HealthEndpoint, name: string): HealthAnswer {
  const check = asked.find((candidate) => candidate.name === name);
  if (check === undefined) return { status: 404, body: `${endpoint} has no check ${quoted(name)}\n` };
  const trouble = check.check();
  return trouble === undefined
    ? { status: 200, body: "ok" }
    : { status: 500, body: `internal server error: ${trouble}\n` };
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
