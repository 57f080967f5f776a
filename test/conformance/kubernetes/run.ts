/** Kubernetes' own end-to-end suite against a cluster that is there: tests that carry [Conformance], by their titles. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { SuitePrograms } from "../programs.ts";
import type { SuiteResult } from "../result.ts";
import { ginkgoResults, type GinkgoSuite } from "./ginkgo.ts";

export interface KubernetesRun {
  readonly title: string;
  /** Which of the conformance tests are run. */
  readonly selects: (test: string) => boolean;
  readonly kubeconfig: string;
  /** An empty folder for the suite's reports. */
  readonly folder: string;
  /** Where what the suite prints goes. */
  readonly log: string;
  /** Tests side by side; most of them wait most of the time. */
  readonly parallel: number;
  /** Ends it at once. */
  readonly signal?: AbortSignal | undefined;
}

export async function runKubernetesSuite({ e2e, ginkgo }: SuitePrograms, run: KubernetesRun): Promise<SuiteResult> {
  const wanted = conformanceTests(e2e).filter(run.selects);
  if (wanted.length === 0) return { title: run.title, seconds: 0, tests: [] };
  // ginkgo takes nothing for a suite that is not called so.
  const suite = join(run.folder, "e2e.test");
  symlinkSync(e2e, suite);
  const started = performance.now();
  const ours = [`--procs=${run.parallel}`, "--no-color", "--timeout=2h", "--json-report=report.json"];
  // It is matched with the title of the whole suite before.
  const focus = ` (${wanted.map(literally).join("|")})$`;
  const theirs = ["--provider=skeleton", `--kubeconfig=${run.kubeconfig}`, "--disable-log-dump"];
  const words = [...ours, `--output-dir=${run.folder}`, `--focus=${focus}`, suite, "--", ...theirs];
  // The suite's processes are many; in a process namespace they end with their first.
  const child = spawn("unshare", ["--pid", "--fork", "--kill-child", ginkgo, ...words], {
    stdio: ["ignore", "pipe", "pipe"],
    cwd: run.folder,
    killSignal: "SIGKILL",
    ...(run.signal !== undefined && { signal: run.signal }),
  });
  const reap = (): void => void child.kill("SIGKILL");
  process.once("exit", reap);
  const log = createWriteStream(run.log);
  for (const stream of [child.stdout, child.stderr]) stream.pipe(log, { end: false });
  try {
    await once(child, "close");
  } finally {
    process.off("exit", reap);
    log.end();
  }
  const seconds = (performance.now() - started) / 1000;
  const report = JSON.parse(readFileSync(join(run.folder, "report.json"), "utf8")) as readonly GinkgoSuite[];
  return { title: run.title, seconds, tests: ginkgoResults(report, wanted) };
}

/** The list is in the binary: Kubernetes' test/conformance/testdata/conformance.yaml. */
export function conformanceTests(e2e: string): readonly string[] {
  const { status, stdout, stderr } = spawnSync(e2e, ["--list-conformance-tests"], {
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  if (status !== 0) throw new Error(`${e2e} --list-conformance-tests: ${stderr}`);
  return (parse(stdout) as { codename: string }[]).map(({ codename }) => codename);
}

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
