import { spawn } from "node:child_process";
import { join } from "node:path";
import { BuildFailed } from "../controlplane.ts";

/** As `controlPlaneBinary`, but it can be stopped: a first build takes minutes. Progress goes to standard error. */
export async function buildControlPlane(signal: AbortSignal): Promise<string> {
  signal.throwIfAborted();
  // A group of its own, so that the compilers are stopped too.
  const build = spawn(join(import.meta.dirname, "../../controlplane/build.sh"), {
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  const stop = (): void => {
    if (build.pid !== undefined) process.kill(-build.pid, "SIGTERM");
  };
  signal.addEventListener("abort", stop);
  let said = "";
  build.stdout.on("data", (chunk) => (said += String(chunk)));
  const code = await new Promise<number | null>((resolve, reject) => {
    build.once("error", reject);
    build.once("close", resolve);
  });
  signal.removeEventListener("abort", stop);
  signal.throwIfAborted();
  if (code !== 0) throw new BuildFailed(code ?? 1);
  return said.trimEnd().split("\n").at(-1) ?? "";
}
