/** Everything that is compiled for the suites. Progress goes to standard error; throws `BuildFailed`. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { goCommand, virtualKubeletSuite } from "../run/controlplane.ts";

export interface SuitePrograms {
  /** Kubernetes' `e2e.test`. */
  readonly e2e: string;
  readonly ginkgo: string;
  readonly agnhost: string;
  readonly nonewprivs: string;
  /** virtual-kubelet's suite. */
  readonly virtualKubelet: string;
}

export function suitePrograms(): SuitePrograms {
  return {
    e2e: goCommand("e2e"),
    ginkgo: goCommand("ginkgo"),
    agnhost: goCommand("agnhost"),
    nonewprivs: goCommand("nonewprivs"),
    virtualKubelet: virtualKubeletSuite(),
  };
}

/** The version of a module of one of the Go modules under `test`, and where Go keeps its sources. */
export function goModule(folder: string, name: string): { readonly Version: string; readonly Dir: string } {
  const words = ["list", "-m", "-json", name];
  const { status, stdout, stderr } = spawnSync("go", words, {
    cwd: join(import.meta.dirname, folder),
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`go ${words.join(" ")}: ${stderr}`);
  return JSON.parse(stdout) as { Version: string; Dir: string };
}
