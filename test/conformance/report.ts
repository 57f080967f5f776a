import type { ImageRow } from "./images/table.ts";
import type { SuiteResult, TestResult } from "./result.ts";

export interface ReportFacts {
  /** `YYYY-MM-DD`. */
  readonly date: string;
  readonly commit: string;
  /** What took part, with its version, in the order of the page. */
  readonly versions: readonly (readonly [name: string, version: string])[];
  readonly images: readonly ImageRow[];
  /** A sentence for each test that is known to fail, by its name. */
  readonly known: ReadonlyMap<string, string>;
}

/** The page docs/conformance.md. */
export function reportPage(suites: readonly SuiteResult[], facts: ReportFacts): string {
  const versions = facts.versions.map(([name, version]) => `${name} ${version}`).join(", ");
  const lines = [
    "# Conformance",
    "",
    "What suites that others wrote say of burstlet on a container engine. `npm run conformance` writes this page; how, and",
    "with which help, is in [test/conformance](../test/conformance/README.md).",
    "",
    `${facts.date}, commit ${facts.commit}. ${versions}.`,
    "",
    "| suite | passed | of | minutes |",
    "| --- | --- | --- | --- |",
    ...suites.map(({ title, tests, seconds }) => {
      return `| ${title} | ${tests.filter(({ passed }) => passed).length} | ${tests.length} | ${(seconds / 60).toFixed(1)} |`;
    }),
    ...suites.flatMap((suite) => ["", ...section(suite, facts.known)]),
    "",
    "## Images",
    "",
    "An image that a test wants and this table lacks is missing, and the test has failed.",
    "",
    "| image | what stands for it |",
    "| --- | --- |",
    ...facts.images.map(({ name, sentence }) => `| \`${name}\` | ${sentence} |`),
  ];
  return `${lines.join("\n")}\n`;
}

function section({ title, tests }: SuiteResult, known: ReadonlyMap<string, string>): readonly string[] {
  const row = (test: TestResult): string => {
    const reason = test.passed ? "" : (known.get(test.name) ?? `Not explained: ${firstLine(test.message)}`);
    return `| ${cell(test.name)} | ${test.passed ? "pass" : "**fail**"} | ${cell(reason)} |`;
  };
  return [`## ${title}`, "", "| test | | why not |", "| --- | --- | --- |", ...tests.map(row)];
}

/** What is not as `known` says: failures without a sentence, and sentences about tests that pass. */
export function surprises(suites: readonly SuiteResult[], known: ReadonlyMap<string, string>): readonly string[] {
  return suites.flatMap(({ tests }) =>
    tests.flatMap(({ name, passed, message }) => {
      if (passed !== known.has(name)) return [];
      return passed ? [`passes, and is listed as failing: ${name}`] : [`fails: ${name}\n${message}`];
    }),
  );
}

function firstLine(text = "it says nothing"): string {
  return text.trim().split("\n")[0]?.slice(0, 300) ?? "";
}

function cell(text: string): string {
  return text.replaceAll("|", String.raw`\|`).replaceAll("<", "&lt;");
}
