import type { TestResult } from "../result.ts";

/** As much of ginkgo's JSON report as is read here (github.com/onsi/ginkgo/v2/types). */
export interface GinkgoSuite {
  readonly SpecReports: readonly GinkgoSpec[] | null;
}

interface GinkgoSpec {
  readonly ContainerHierarchyTexts: readonly string[] | null;
  readonly LeafNodeType: string;
  readonly LeafNodeText: string;
  readonly State: string;
  /** Nanoseconds. */
  readonly RunTime: number;
  readonly Failure?: { readonly Message: string };
}

/** One result for each test that was wanted: one that did not run, or skipped itself, has not passed. */
export function ginkgoResults(report: readonly GinkgoSuite[], wanted: readonly string[]): readonly TestResult[] {
  const specs = report.flatMap(({ SpecReports }) => SpecReports ?? []);
  const tests = specs.filter(({ LeafNodeType }) => LeafNodeType === "It");
  const byTitle = Map.groupBy(tests, titleOf);
  return wanted.map((name) => {
    const runs = byTitle.get(name) ?? [];
    const bad = runs.find(({ State }) => State !== "passed");
    const seconds = runs.reduce((sum, { RunTime }) => sum + RunTime / 1e9, 0);
    if (runs.length === 0) return { name, passed: false, seconds, message: "The suite has no test of this name." };
    const message = bad && (bad.Failure?.Message ?? `It was ${bad.State}.`);
    return { name, passed: bad === undefined, seconds, message };
  });
}

function titleOf({ ContainerHierarchyTexts, LeafNodeText }: GinkgoSpec): string {
  return [...(ContainerHierarchyTexts ?? []), LeafNodeText].filter((text) => text !== "").join(" ");
}
