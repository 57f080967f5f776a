/** Functions as real processes that speak the Runtime API. */
import { readFileSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../../test/support/eventually.ts";
import { describeWith } from "../../test/support/requirements.ts";
import { attempt, type LambdaWorld, openLambdaWorld, tailOf, told } from "./testing.ts";

const deployed = join(import.meta.dirname, "../../deploy/lambda");

const nodeCode = `
let runs = 0;
import { spawn } from "node:child_process";
import { writeFileSync, readdirSync } from "node:fs";
export const handler = async ({ what, ...event }, context) => {
  runs++;
  if (what === "echo") {
    console.log("echo", event.word);
    return { runs, event, left: context.getRemainingTimeInMillis() > 0, context: context.clientContext };
  }
  if (what === "throw") throw new RangeError("too far");
  if (what === "exit") process.exit(event.status);
  if (what === "signal") process.kill(process.pid, event.signal);
  if (what === "crash") {
    setTimeout(() => { throw new TypeError("late"); });
    await new Promise(() => undefined);
  }
  if (what === "sleep") await new Promise((resolve) => setTimeout(resolve, event.ms));
  if (what === "hang") {
    console.log("started", spawn("sleep", ["600"], { detached: true }).pid);
    await new Promise(() => undefined);
  }
  if (what === "eat") { const all = []; for (;;) { all.push(Buffer.alloc(8 * 2 ** 20, 1)); await new Promise((resolve) => setTimeout(resolve, 10)); } }
  if (what === "large") return "x".repeat(7_000_000);
  if (what === "files") { writeFileSync("/tmp/mine-" + runs, ""); return readdirSync("/tmp").filter((name) => name.startsWith("mine-")); }
  if (what === "chatter") for (let line = 0; line < event.lines; line++) process.stdout.write("line " + line + "\\n");
  return null;
};
`;
const pythonCode = `
import os
def handler(event, context):
    print("hello from", context.function_name)
    if event.get("throw"):
        raise ValueError("no")
    return {"id": context.aws_request_id, "handler": os.environ["_HANDLER"]}
`;
/** A runtime of its own, in the language of every machine. */
const bootstrap = `#!/bin/sh
set -e
while :; do
  curl -sS -D /tmp/head-$$ -o /tmp/event-$$ "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/next"
  id=$(sed -n 's/^lambda-runtime-aws-request-id: *\\([^[:space:]]*\\).*/\\1/Ip' /tmp/head-$$)
  curl -sS -X POST -d @/tmp/event-$$ "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/$id/response" >/dev/null
done
`;

let folder = "";
let world: LambdaWorld;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "burstlet-functions-"));
  const put = async (path: string, content: string) => {
    await mkdir(join(folder, path, ".."), { recursive: true });
    await writeFile(join(folder, path), content);
  };
  await put("node/index.mjs", nodeCode);
  await put("python/app.py", pythonCode);
  await put("broken/index.mjs", "import './nowhere.mjs';");
  await put("own/bootstrap", bootstrap);
  await put("missing/other.mjs", "");
  await chmod(join(folder, "own/bootstrap"), 0o755);
  const code = (name: string) => join(folder, name);
  world = await openLambdaWorld({
    f: { runtime: "nodejs24.x", code: code("node"), timeout: 30, memory: 256 },
    short: { runtime: "nodejs24.x", code: code("node"), timeout: 1, memory: 512 },
    py: { runtime: "python3.13", code: code("python"), handler: "app.handler", timeout: 30 },
    own: { runtime: "provided.al2023", code: code("own"), timeout: 30 },
    broken: { runtime: "nodejs24.x", code: code("broken"), timeout: 30 },
    missing: { runtime: "nodejs24.x", code: code("missing"), timeout: 30 },
    shell: { runtime: "nodejs24.x", code: join(deployed, "node"), timeout: 30 },
    pyshell: { runtime: "python3.13", code: join(deployed, "python"), handler: "handler.handler", timeout: 30 },
  });
});

afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const run = async (FunctionName: string, payload: unknown = {}, change = {}) =>
  world.invoke(payload, { FunctionName, ...change });
const error = (errorType: string, message: RegExp) =>
  expect.objectContaining({ errorType, errorMessage: expect.stringMatching(message) as string }) as unknown;

describe("a function of Node", () => {
  test("is loaded once, and has its lines between START and END", async () => {
    const ClientContext = Buffer.from('{"custom":{"a":1}}').toString("base64");
    const first = await run("f", { what: "echo", word: "é" }, { ClientContext });
    expect(told(first)).toEqual({ runs: 1, event: { word: "é" }, left: true, context: { custom: { a: 1 } } });
    const second = await run("f", { what: "echo", word: "b" });
    expect(told(second)).toMatchObject({ runs: 2 });
    const lines = tailOf(second).split("\n");
    const id = second.$metadata.requestId;
    expect(lines[0]).toBe(`START RequestId: ${id} Version: $LATEST`);
    expect(lines[1]).toMatch(new RegExp(`^\\S+Z\\t${id}\\tINFO\\techo b$`));
    expect(lines[2]).toBe(`END RequestId: ${id}`);
    const [, used = "0"] = /Max Memory Used: (\d+) MB/.exec(lines[3] ?? "") ?? [];
    expect(Number(used)).toBeGreaterThan(20);
  });

  test.for([
    ["throws", { what: "throw" }, "RangeError", /^too far$/],
    [
      "ends with a status",
      { what: "exit", status: 7 },
      "Runtime.ExitError",
      /Runtime exited with error: exit status 7$/,
    ],
    [
      "ends with status 0",
      { what: "exit", status: 0 },
      "Runtime.ExitError",
      /Runtime exited without providing a reason$/,
    ],
    [
      "is killed",
      { what: "signal", signal: "SIGKILL" },
      "Runtime.ExitError",
      /Runtime exited with error: signal: killed$/,
    ],
    [
      "is ended by a fault of memory",
      { what: "signal", signal: "SIGSEGV" },
      "Runtime.ExitError",
      /signal: segmentation fault$/,
    ],
    ["throws where nobody listens", { what: "crash" }, "TypeError", /^late$/],
    ["returns too much", { what: "large" }, "Function.ResponseSizeTooLarge", /6291556 bytes/],
  ] as const)("%s, and that is told", async ([, payload, type, message]) => {
    const answer = await run("f", payload);
    expect(answer.FunctionError).toBe("Unhandled");
    expect(told(answer)).toEqual(error(type, message));
  });

  test("is killed when it takes more memory than it has, with its REPORT full", async () => {
    const answer = await run("f", { what: "eat" });
    expect(told(answer)).toEqual(error("Runtime.ExitError", /signal: killed$/));
    expect(tailOf(answer)).toContain("Memory Size: 256 MB\tMax Memory Used: 256 MB");
  });

  test("is killed at its timeout, with everything that it has started", async () => {
    const answer = await run("short", { what: "hang" });
    expect(told(answer)).toEqual(error("Sandbox.Timedout", /Task timed out after 1.00 seconds$/));
    const [, pid] = /started (\d+)/.exec(tailOf(answer)) ?? [];
    await eventually("what it has started has ended", () => pid !== undefined && commandLineOf(pid) === "");
    expect(told(await run("short", { what: "echo" }))).toMatchObject({ runs: 1 });
  });

  test("that cannot be loaded says why, and so does one without its handler", async () => {
    expect(told(await run("broken"))).toEqual(error("Error", /Cannot find module/));
    expect(told(await run("missing"))).toEqual(error("Runtime.ImportModuleError", /Cannot find module 'index'/));
  });

  test("may write more than fits into a pipe", async () => {
    const answer = await run("f", { what: "chatter", lines: 20_000 });
    expect(tailOf(answer)).toContain("line 19999\nEND");
  });
});

/** Empty where there is no such process any more. */
function commandLineOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

describe("concurrent invocations", () => {
  test("are processes of their own", async () => {
    const before = world.entries("run").length;
    await Promise.all([1, 2, 3].map(async () => run("f", { what: "sleep", ms: 2_000 })));
    const environments = world
      .entries("run")
      .slice(before)
      .map(({ environment }) => environment);
    expect(new Set(environments).size).toBe(3);
  });
});

describeWith(["python"], "a function of Python", () => {
  test("returns, or throws", async () => {
    const answer = await run("py");
    expect(told(answer)).toEqual({ id: answer.$metadata.requestId, handler: "app.handler" });
    expect(tailOf(answer)).toContain("\nhello from py\nEND");
    expect(told(await run("py", { throw: true }))).toEqual(error("ValueError", /^no$/));
  });

  test("with the handler of deploy/lambda runs a pod's command", async () => {
    const answer = await run("pyshell", { ...attempt("i"), command: ["sh", "-c", "echo out; exit 4"] });
    expect(told(answer)).toEqual(error("BurstletExit", /^exit status 4$/));
    expect(tailOf(answer)).toContain("\nout\n");
  });
});

describeWith(["curl"], "a runtime of one's own", () => {
  test("is the program bootstrap", async () => {
    expect(told(await run("own", { a: 1 }))).toEqual({ a: 1 });
    expect(told(await run("own", { a: 2 }))).toEqual({ a: 2 });
  });
});

describe("the handler of deploy/lambda", () => {
  test("runs a pod's command, with its exit status and its output", async () => {
    const good = await run("shell", {
      ...attempt("i"),
      command: ["sh", "-c", "echo $SIZE"],
      env: [{ name: "SIZE", value: "large" }],
    });
    expect([told(good), tailOf(good)]).toEqual([{ exitCode: 0 }, expect.stringContaining("\nlarge\n")]);
    const bad = await run("shell", { ...attempt("i"), command: ["sh", "-c", "exit 3"] });
    expect(told(bad)).toEqual(error("BurstletExit", /^exit status 3$/));
  });
});

describeWith(["root", "namespaces"], "an environment", () => {
  test("has a /tmp of its own, which stays while it is warm", async () => {
    await run("short", { what: "exit", status: 1 });
    expect(told(await run("short", { what: "files" }))).toEqual(["mine-1"]);
    expect(told(await run("short", { what: "files" }))).toEqual(["mine-1", "mine-2"]);
  });
});
