import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { environment } from "./environment.ts";
import type { RecordedCall } from "./recorder.ts";

/** What botocore's models find wrong with these calls. Throws when they cannot be judged. */
export async function judge(calls: readonly RecordedCall[]): Promise<readonly string[]> {
  const python = join(environment, "bin", "python");
  const child = spawn(python, [join(import.meta.dirname, "wire.py")], { stdio: ["pipe", "pipe", "pipe"] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", resolve);
  });
  child.stdin.end(calls.map((call) => `${JSON.stringify(call)}\n`).join(""));
  const [found, complaint, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (code !== 0) throw new Error(`wire.py ended with ${code}:\n${complaint}`);
  return found.split("\n").filter((line) => line !== "");
}
