import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../../test/support/eventually.ts";
import { podWith, resolvedPod } from "../../test/support/resolve-sources.ts";
import { bodyOf } from "./client.ts";
import { factIn } from "./event/facts.ts";
import { endOf, endOfError } from "./outcome/ended.ts";
import { supportRows } from "./support.ts";
import { translate } from "./translate.ts";

const folder = join(import.meta.dirname, "../../deploy/lambda");

/** As Lambda's runtimes do: the event in, and what the handler returns or its error out, in the last line. */
const runtimes = {
  node: [
    "node",
    "--input-type=module",
    "-e",
    `import { handler } from ${JSON.stringify(join(folder, "node/index.mjs"))};
    const told = (value) => console.log("\\n" + JSON.stringify(value));
    await handler(JSON.parse(process.argv[1]), { awsRequestId: "request-1" }).then(
      (returned) => told({ returned }),
      ({ name, message }) => told({ errorType: name, errorMessage: message }),
    );`,
  ],
  python: [
    "python3",
    "-c",
    `import json, sys, types
sys.path.insert(0, ${JSON.stringify(join(folder, "python"))})
sys.dont_write_bytecode = True
from handler import handler
try:
    told = {"returned": handler(json.loads(sys.argv[1]), types.SimpleNamespace(aws_request_id="request-1"))}
except Exception as error:
    told = {"errorType": type(error).__name__, "errorMessage": str(error)}
print("\\n" + json.dumps(told))`,
  ],
} as const;

let scratch = "";
beforeAll(async () => (scratch = await mkdtemp("/tmp/burstlet-handlers-")));
afterAll(async () => rm(scratch, { recursive: true, force: true }));

const whose = "pod ns/web (uid u, attempt 1), invocation invocation-1, request request-1";

describe.for(Object.keys(runtimes) as (keyof typeof runtimes)[])("the handler for %s", (runtime) => {
  const [program, ...words] = runtimes[runtime];

  /** What becomes of a pod whose function has this handler. */
  async function run(container: Parameters<typeof podWith>[0], spec: Parameters<typeof podWith>[1] = {}, world = {}) {
    const { payload, lines } = await answered((body) => body, container, spec, world);
    const functionError = payload.includes("errorType") ? "Unhandled" : undefined;
    return { end: endOf({ requestId: "r", functionError, payload, tail: "" }), lines };
  }

  /** What it answers an event that Lambda has made of the payload. */
  async function answered(
    eventOf: (body: string) => string,
    container: Parameters<typeof podWith>[0],
    spec: Parameters<typeof podWith>[1] = {},
    world = {},
  ) {
    const pod = podWith({ image: "lambda://f", ...container }, { restartPolicy: "Never", hostname: "host", ...spec });
    const grants = [{ namespace: "ns", allow: ["f"] }];
    const { request, refusals } = translate(await resolvedPod(pod, world), supportRows, {
      grants,
      durableFunctions: [],
      eventFunctions: [],
    });
    if (request === undefined) throw new Error(JSON.stringify(refusals));
    const body = Buffer.from(bodyOf(request, { clusterUid: "c", podUid: "u", attempt: 1 }, "invocation-1"));
    const { stdout } = await promisify(execFile)(program, [...words, eventOf(body.toString())], { timeout: 60_000 });
    const lines = stdout.trimEnd().split("\n");
    const payload = lines.pop() ?? "";
    return { payload, lines: lines.filter((line) => line !== "") };
  }

  test("runs command and arguments with the pod's variables where the pod says, and says whose it is", async () => {
    const { end, lines } = await run({
      command: ["sh", "-c", 'echo "$0 $1 $SIZE $HOSTNAME"; pwd; echo "$HOME" | head -c 1'],
      args: ["first", "second word"],
      env: [{ name: "SIZE", value: "é large" }],
      workingDir: scratch,
    });
    expect(end).toEqual({ exitCode: 0, reason: "Completed" });
    expect(lines).toEqual([
      `burstlet: ${whose}`,
      "first second word é large host",
      scratch,
      // What a program does not end by a line feed has the line behind it.
      `/burstlet: end of ${whose}: exit status 0`,
    ]);
  });

  test.for<[string, string[], object, string?]>([
    [
      "an exit status",
      ["sh", "-c", "exit 7"],
      { exitCode: 7, reason: "Error", message: "BurstletExit: exit status 7" },
    ],
    ["a signal", ["sh", "-c", "kill -TERM $$$$"], { exitCode: 143, reason: "Error" }],
    ["SIGKILL", ["sh", "-c", "kill -KILL $$$$"], { exitCode: 137, signal: 9, reason: "Error" }],
    ["no such program", ["no-such-program"], { exitCode: 127 }],
    ["what is no program", ["/tmp"], { exitCode: 126 }],
    ["a folder to work in that is not there", ["true"], { exitCode: 126 }, "/none"],
  ])("%s is the pod's", async ([, command, end, workingDir]) => {
    const ran = await run({ command, ...(workingDir !== undefined && { workingDir }) });
    expect(ran.end).toMatchObject(end);
    // What Invoke answers, and what the log says to who cannot hear the answer.
    const told = factIn(ran.lines.at(-1) ?? "");
    expect(told?.is === "end" && told.error && endOfError(told.error, undefined)).toMatchObject(end);
  });

  test.for<[string, object]>([
    ["exit 0", { Status: "SUCCEEDED", Result: expect.stringMatching(/^\{"exitCode": ?0\}$/) as string }],
    ["exit 7", { Status: "FAILED", Error: { ErrorType: "BurstletExit", ErrorMessage: "exit status 7" } }],
  ])("speaks the protocol of durable executions: %s", async ([script, answer]) => {
    const durable = (InputPayload: string): string =>
      JSON.stringify({
        DurableExecutionArn: "arn",
        CheckpointToken: "t",
        InitialExecutionState: { Operations: [{ Type: "EXECUTION", ExecutionDetails: { InputPayload } }] },
      });
    const { payload } = await answered(durable, { command: ["sh", "-c", script] });
    expect((JSON.parse(payload) as { returned: unknown }).returned).toEqual(answer);
  });

  test("without a command is an error that says so", async () => {
    const { end, lines } = await run({});
    expect(end).toMatchObject({ exitCode: 1, message: expect.stringContaining("no command") as unknown });
    expect(lines.at(-1)).toMatch(/^burstlet: end of pod .*: TypeError: the payload has no command/);
  });

  test("writes files with their modes before the command, and removes them after it", async () => {
    const bytes = Buffer.from([0xff, 0x00, 0x41]);
    const world = { configMaps: { c: { data: { text: "words" }, binaryData: { bytes: bytes.toString("base64") } } } };
    const volumes = [{ name: "c", configMap: { name: "c", defaultMode: 0o600 } }];
    const mountPath = `${scratch}/deep/${runtime}`;
    const show = `cd ${mountPath} && stat -c %a text && cat text && od -An -tx1 bytes`;
    const { end, lines } = await run(
      { command: ["sh", "-c", show], volumeMounts: [{ name: "c", mountPath }] },
      { volumes },
      world,
    );
    expect(end.exitCode).toBe(0);
    expect(lines.slice(1, -1)).toEqual(["600", "words ff 00 41"]);
    expect((await run({ command: ["test", "-e", `${mountPath}/text`] })).end.exitCode).toBe(1);
  });

  test("kills what the command has left running", async () => {
    const { lines } = await run({ command: ["sh", "-c", "sleep 1000 >/dev/null 2>&1 & echo $!"] });
    const [, left = ""] = lines;
    expect(left).toMatch(/^\d+$/);
    await eventually("it is gone, or a zombie until its parent looks", async () => {
      const seen = await promisify(execFile)("ps", ["-o", "stat=", "-p", left]).catch(() => ({ stdout: "" }));
      return /^(Z.*)?$/.test(seen.stdout.trim());
    });
  });
});
