import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, describe, expect, test } from "vitest";

const program = join(import.meta.dirname, "../test/run/localstack.ts");

function run(...words: readonly string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [program, ...words], (_error, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, output: `${stdout}${stderr}` });
    });
  });
}

describe("npm run localstack", () => {
  let child: ChildProcess | undefined;
  afterEach(() => child?.kill("SIGKILL"));

  test("serves until it is interrupted, and says where", async () => {
    child = spawn(process.execPath, [program, "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
    let url: string | undefined;
    for await (const line of createInterface({ input: child.stdout as NonNullable<typeof child.stdout> })) {
      url ??= /export AWS_ENDPOINT_URL=(\S+)/.exec(line)?.[1];
      if (url !== undefined) break;
    }
    expect(await (await fetch(`${url}/_burstlet/tasks`)).json()).toEqual({});
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
  });

  test.for([
    [["--help"], 0, "--scenario <file>"],
    [["--port", "x"], 2, "expected a number from 0 to 65535"],
    [["--runtime", "magic"], 2, "scripted, process, engine"],
    [["--host", "192.0.2.1"], 1, "192.0.2.1 is no address of this machine"],
    [["--scenario", "/nobody"], 1, "the scenario file cannot be read"],
    [["--port", "0", "--runtime", "engine", "--engine", "unix:///nobody"], 1, "does not answer"],
  ] as const)("%j ends with %i and says so", async ([words, code, sentence]) => {
    const ended = await run(...words);
    expect(ended.code).toBe(code);
    expect(ended.output).toContain(sentence);
  });
});
