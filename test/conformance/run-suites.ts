/** The suites one after the other on one stage, and what is told of them at the end. */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { productVersion } from "../../src/version.ts";
import { imageTable } from "./images/table.ts";
import { knownFailures } from "./known-failures.ts";
import { runKubernetesSuite } from "./kubernetes/run.ts";
import { goModule, type SuitePrograms } from "./programs.ts";
import { type ReportFacts, reportPage, surprises } from "./report.ts";
import type { SuiteResult } from "./result.ts";
import { openStage, type Stage } from "./stage.ts";
import { runVirtualKubeletSuite } from "./virtual-kubelet/run.ts";

const root = join(import.meta.dirname, "../..");
/** What the suites and burstlet print. Git ignores it. */
const logs = join(root, ".cache/conformance");

/** Most tests wait most of the time; two cores carry this many at once. */
const sideBySide = 6;

/** The parts of Kubernetes' conformance that a node answers for. */
const parts = [
  { title: "Kubernetes, sig-node", name: "sig-node", tests: /^\[sig-node\]/ },
  {
    title: "Kubernetes, sig-storage: configMap, secret, projected, downward API and emptyDir volumes",
    name: "sig-storage",
    tests: /^\[sig-storage\] (ConfigMap|Secrets|Projected|Downward API|EmptyDir|Subpath Atomic writer) /,
  },
] as const;

/**
 * Is everything as `knownFailures` says? Without a pattern the page docs/conformance.md is written; with one only the
 * tests that fit it are run.
 */
export async function runSuites(
  programs: SuitePrograms,
  pattern: string | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  mkdirSync(logs, { recursive: true });
  const stage = await openStage(programs);
  const fits = (test: string): boolean => new RegExp(pattern ?? "").test(test);
  const results: SuiteResult[] = [];
  let engine: string;
  try {
    if (pattern === undefined || pattern === "virtual-kubelet") {
      results.push(told(await runVirtualKubeletSuite(programs.virtualKubelet, stage.world)));
    }
    for (const part of parts) results.push(told(await runPart(programs, stage, part, { fits, signal })));
    engine = stage.engine.podman("--version").trim();
  } finally {
    writeFileSync(join(logs, "burstlet.log"), stage.world.burstlet.log());
    await stage.close();
  }
  if (pattern === undefined) writeFileSync(join(root, "docs/conformance.md"), reportPage(results, facts(engine)));
  const unexpected = surprises(results, knownFailures);
  for (const line of unexpected) console.log(line);
  return unexpected.length === 0;
}

async function runPart(
  programs: SuitePrograms,
  { folder: above, world }: Stage,
  { title, name, tests }: (typeof parts)[number],
  { fits, signal }: { readonly fits: (test: string) => boolean; readonly signal: AbortSignal },
): Promise<SuiteResult> {
  const folder = join(above, name);
  mkdirSync(folder);
  return runKubernetesSuite(programs, {
    title,
    folder,
    selects: (test) => tests.test(test) && fits(test),
    kubeconfig: world.cluster.kubeconfig,
    log: join(logs, `${name}.log`),
    parallel: sideBySide,
    signal,
  });
}

function told(result: SuiteResult): SuiteResult {
  const { title, tests, seconds } = result;
  console.log(
    `${title}: ${tests.filter(({ passed }) => passed).length} of ${tests.length} in ${Math.round(seconds)} s`,
  );
  return result;
}

function facts(engine: string): ReportFacts {
  const git = (...words: readonly string[]): string =>
    spawnSync("git", words, { cwd: root, encoding: "utf8" }).stdout.trim();
  const changed =
    git("status", "--porcelain", "--", ".", ":!docs/conformance.md") === "" ? "" : ", with changes on top";
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: `${git("rev-parse", "--short", "HEAD")}${changed}`,
    versions: [
      ["burstlet", productVersion],
      ["Kubernetes", goModule("../controlplane", "k8s.io/kubernetes").Version],
      ["virtual-kubelet", goModule("virtual-kubelet", "github.com/virtual-kubelet/virtual-kubelet").Version],
      ["engine", engine],
    ],
    images: imageTable,
    known: knownFailures,
  };
}
