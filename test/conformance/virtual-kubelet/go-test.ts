import type { TestResult } from "../result.ts";

/** The subtests of one Go test, out of what `go test -v` prints. Throws where there is none: the suite never came so far. */
export function goTestResults(output: string, parent: string): readonly TestResult[] {
  const lines = output.split("\n");
  const said = lastWords(lines);
  const results = lines.flatMap((line): TestResult[] => {
    const [, outcome, full = "", seconds] = /^ +--- (PASS|FAIL|SKIP): (\S+) \(([\d.]+)s\)/.exec(line) ?? [];
    if (!full.startsWith(`${parent}/`)) return [];
    const passed = outcome === "PASS";
    const message = passed ? undefined : said.get(full);
    return [{ name: full.slice(parent.length + 1), passed, seconds: Number(seconds), message }];
  });
  if (results.length === 0) throw new Error(`no subtest of ${parent} has run:\n${output}`);
  return results;
}

/** What each test said last, without the place in its source. Outcomes are printed only when all of them have ended. */
function lastWords(lines: readonly string[]): ReadonlyMap<string, string> {
  const said = new Map<string, string>();
  let running = "";
  for (const line of lines) {
    const [, started] = /^=== (?:RUN|NAME) +(\S+)/.exec(line) ?? [];
    const [, words] = /^ +\w+\.go:\d+: (.*)/.exec(line) ?? [];
    if (started !== undefined) running = started;
    else if (words !== undefined) said.set(running, words);
  }
  return said;
}
