import { spawn } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "../../support/eventually.ts";
import { emulator } from "./environment.ts";
import { freePort } from "./targets.ts";

/** A function under AWS's own runtime interface emulator. */
export interface Emulated extends AsyncDisposable {
  /** The payload that Invoke would answer, as text. */
  invoke(event: unknown): Promise<string>;
  /** What it has written by now: its own lines and the function's. */
  readonly output: string;
}

export interface EmulatedFunction {
  /** Folder of its code, and its handler. */
  readonly code: string;
  readonly handler: string;
  /** Seconds. */
  readonly timeout: number;
}

const runtime = new URL("../../../localstack/lambda/sandbox/bootstrap/node.mjs", import.meta.url).pathname;

/** With the stand-in's own runtime for Node, so that only what is around it differs. */
export async function emulate({ code, handler, timeout }: EmulatedFunction): Promise<Emulated> {
  const folder = await mkdtemp(join(tmpdir(), "burstlet-emulator-"));
  const bootstrap = join(folder, "bootstrap");
  await writeFile(bootstrap, `#!/bin/sh\nexec "${process.execPath}" "${runtime}"\n`);
  await chmod(bootstrap, 0o755);
  const [front, api] = [await freePort(), await freePort()];
  const addresses = ["--runtime-interface-emulator-address", `127.0.0.1:${front}`];
  const words = [...addresses, "--runtime-api-address", `127.0.0.1:${api}`, bootstrap, handler];
  const env = {
    PATH: process.env["PATH"],
    LAMBDA_TASK_ROOT: code,
    AWS_LAMBDA_FUNCTION_TIMEOUT: String(timeout),
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "128",
  };
  const child = spawn(emulator, words, { env, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (part: Buffer) => (output += part.toString()));
  const url = `http://127.0.0.1:${front}/2015-03-31/functions/function/invocations`;
  const invoke = async (event: unknown) => (await fetch(url, { method: "POST", body: JSON.stringify(event) })).text();
  await eventually("the emulator answers", async () => invoke({}).then(() => true), 30_000);
  return {
    invoke,
    get output() {
      return output;
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
