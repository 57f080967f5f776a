import type { Readable } from "node:stream";

import type { ContainerRef, ExecCommand, ProcessStream } from "../../provider.ts";
import { asProviderError } from "../../provider.ts";
import { failure, notOffered, send } from "../answer.ts";
import type { Handler } from "../handler.ts";
import { runningContainer } from "./target.ts";

/** What a container runtime gives back of a command at most (the message size of the CRI's ExecSync). */
const mostBytes = 16 << 20;

/** POST /run/{namespace}/{pod}[/{uid}]/{container}?cmd=…: the output as the answer's body, stdout before stderr. */
export const run: Handler = async ({ res, params, query, signal }, context) => {
  const { provider } = context;
  if (provider.exec === undefined)
    return send(res, notOffered(context, "no way to run a command in a container", "exec"));
  const line = query.get("cmd") ?? "";
  // The kubelet knows no quotes here either.
  const argv = line.split(" ").filter((word) => word !== "");
  if (argv.length === 0) return send(res, failure(400, "BadRequest", "you must specify a command as cmd"));
  const target = runningContainer(params, context.pods);
  if ("status" in target) return send(res, target);
  try {
    const { code, stdout, stderr } = await outputOf(provider.exec.bind(provider), target, argv, signal);
    if (code !== 0) {
      const sentence = `command '${line}' exited with ${code}: ${stderr.toString()}`;
      return send(res, failure(500, "InternalError", sentence));
    }
    res.writeHead(200, { "Content-Type": "application/octet-stream", "X-Content-Type-Options": "nosniff" });
    res.write(stdout);
    res.end(stderr);
  } catch (error) {
    if (signal.aborted) return;
    send(res, failure(500, "InternalError", `command '${line}' failed: ${asProviderError(error).message}`));
  }
};

async function outputOf(
  exec: (target: ContainerRef, command: ExecCommand, signal: AbortSignal) => Promise<ProcessStream>,
  target: ContainerRef,
  argv: readonly string[],
  signal: AbortSignal,
): Promise<{ code: number; stdout: Buffer; stderr: Buffer }> {
  const tooMuch = new AbortController();
  const process = await exec(target, { argv, tty: false, stdin: false }, AbortSignal.any([signal, tooMuch.signal]));
  process.exit.catch(() => undefined);
  process.stdin.on("error", () => undefined).end();
  try {
    const left = { bytes: mostBytes };
    const outputs = [collect(process.stdout, left), collect(process.stderr, left)] as const;
    const [stdout, stderr] = await Promise.all(outputs);
    const { code } = await process.exit;
    return { code, stdout, stderr };
  } catch (error) {
    // Ends the command too.
    tooMuch.abort(error);
    throw error;
  }
}

async function collect(output: Readable | undefined, left: { bytes: number }): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of output ?? []) {
    chunks.push(chunk as Buffer);
    left.bytes -= (chunk as Buffer).length;
    if (left.bytes < 0) throw new Error(`it wrote more than ${mostBytes >> 20} MiB`);
  }
  return Buffer.concat(chunks);
}
