import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { environment } from "./environment.ts";

/** What botocore made of an answer; `problems` are what its model finds wrong with it. */
export type Heard = { readonly problems: readonly string[] } & (
  | { readonly answer: Readonly<Record<string, unknown>> }
  | { readonly error: string; readonly status: number }
);

/** botocore's own client of Lambda. */
export interface Boto extends AsyncDisposable {
  call(operation: string, params: object): Promise<Heard>;
}

export function startBoto(endpoint: string): Boto {
  const python = join(environment, "bin", "python");
  const child = spawn(python, [join(import.meta.dirname, "boto.py"), endpoint], {
    env: { PATH: process.env["PATH"], PYTHONDONTWRITEBYTECODE: "1" },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  let complaint = "";
  child.stderr.on("data", (part: Buffer) => (complaint += part.toString()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async call(operation, params) {
      child.stdin.write(`${JSON.stringify({ operation, params })}\n`);
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`boto.py has ended:\n${complaint}`);
      return JSON.parse(value) as Heard;
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await ended;
    },
  };
}
