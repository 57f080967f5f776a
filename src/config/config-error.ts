/** One thing that is wrong with the configuration, told completely: where, what, what is allowed. */
export interface Problem {
  /** `burstlet.yaml:5:7`, `--max-pods`, or the name of an environment variable. */
  readonly where: string;
  /** `nodes[0].port`; empty for the configuration as a whole. */
  readonly field: string;
  /** What is wrong, and what is allowed. */
  readonly what: string;
}

/** The configuration cannot be used; the message tells every problem, one a line. The command exits with 2. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const lines = problems.map(problemLine);
    super(
      lines.length === 1 ? lines.join("") : [`the configuration has ${lines.length} problems`, ...lines].join("\n  "),
    );
    this.problems = problems;
  }
}

function problemLine({ where, field, what }: Problem): string {
  return [where, field, what].filter((part) => part !== "").join(": ");
}
