/** The embedded control plane: its binary and its fellows', built when need be, and where a person's own cluster is kept. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** Where `npm run cluster` keeps its cluster, and where `npm run kubectl` looks for one. Git ignores it. */
export const keptCluster = join(import.meta.dirname, "../../.cache/cluster");

/** `exitCode` is that of `build.sh`: 2 without a fit Go. It has told standard error why. */
export class BuildFailed extends Error {
  override readonly name = "BuildFailed";
  readonly exitCode: number;

  constructor(exitCode: number) {
    super("a Go program of the tests could not be built; the lines above say why");
    this.exitCode = exitCode;
  }
}

/** The path of the binary. Progress of a build goes to standard error. */
export function controlPlaneBinary(): string {
  return goCommand("controlplane");
}

/** The path of a command of the Go module, `test/controlplane/cmd/<name>`, or of a program of Kubernetes' own tests. */
export function goCommand(
  name: "controlplane" | "clients" | "criserver" | "e2e" | "ginkgo" | "agnhost" | "nonewprivs",
): string {
  return built("../controlplane/build.sh", [name]);
}

/** The folder with `metrics-server`, and `decode.test`, the test of its decoder. */
export function metricsServerFolder(): string {
  return built("../metrics-server/build.sh", []);
}

/** The path of virtual-kubelet's end-to-end suite, as a test binary. */
export function virtualKubeletSuite(): string {
  return built("../conformance/virtual-kubelet/build.sh", []);
}

function built(script: string, words: readonly string[]): string {
  const build = spawnSync(join(import.meta.dirname, script), words, {
    stdio: ["ignore", "pipe", "inherit"],
    encoding: "utf8",
  });
  if (build.status !== 0) throw new BuildFailed(build.status ?? 1);
  return build.stdout.trimEnd().split("\n").at(-1) ?? "";
}

/** For commands of a person: ends this process where there is no binary. */
export function controlPlaneBinaryOrExit(): string {
  try {
    return controlPlaneBinary();
  } catch (error) {
    if (error instanceof BuildFailed) process.exit(error.exitCode);
    throw error;
  }
}
