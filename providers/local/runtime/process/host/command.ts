import { execFile } from "node:child_process";
import { existsSync } from "node:fs";

/** The supervisor's helpers find their tools here; nothing of burstlet's own environment goes into them. */
export const toolEnvironment = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  LC_ALL: "C",
} as const;

/** Where a tool of the host is: absolute, for those whose PATH is a container's. */
export function toolPath(name: string): string {
  return ["/usr/bin", "/bin", "/usr/sbin", "/sbin"].map((place) => `${place}/${name}`).find(existsSync) ?? name;
}

/** Longest run of a helper (`ip`, `unshare … true`), milliseconds; they take a few. */
const helperTimeout = 20_000;

/** Runs a helper to its end; resolves to its output, rejects with what it said on stderr. */
export function runTool(file: string, args: readonly string[], input?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      file,
      args,
      { env: toolEnvironment, timeout: helperTimeout, killSignal: "SIGKILL" },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(`${file} ${args[0] ?? ""} failed: ${stderr.trim() || error.message}`));
      },
    );
    // A helper that ends before it has read everything closes the pipe; its exit code tells the story.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input ?? "");
  });
}
