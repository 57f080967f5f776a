/** What Stryker reports, as far as it is counted here: https://github.com/stryker-mutator/mutation-testing-elements */
export interface Report {
  readonly files: Readonly<Record<string, { readonly mutants: readonly { readonly status: string }[] }>>;
}

export interface Figures {
  /** Noticed: a test failed, or never ended. */
  readonly killed: number;
  /** Tests ran the changed code and passed. */
  readonly survived: number;
  /** No test ran the changed code. */
  readonly uncovered: number;
  /** Killed of all, in per cent. */
  readonly score: number;
}

export function figuresOf({ files }: Report): Figures {
  const mutants = Object.values(files).flatMap((file) => file.mutants);
  const count = (...statuses: readonly string[]) => mutants.filter(({ status }) => statuses.includes(status)).length;
  const [killed, survived, uncovered] = [count("Killed", "Timeout"), count("Survived"), count("NoCoverage")];
  return { killed, survived, uncovered, score: (100 * killed) / (killed + survived + uncovered) };
}

/** Of the table in README.md. */
export const title = [
  "| room | mutants | killed | survived | never run | score | commit |",
  "|---|---|---|---|---|---|---|",
];

export function row(room: string, { killed, survived, uncovered, score }: Figures, commit: string): string {
  const cells = [
    `\`${room}\``,
    killed + survived + uncovered,
    killed,
    survived,
    uncovered,
    `${score.toFixed(1)} %`,
    commit,
  ];
  return `| ${cells.join(" | ")} |`;
}
