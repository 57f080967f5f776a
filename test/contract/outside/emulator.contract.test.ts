import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type LambdaWorld, openLambdaWorld, tailOf } from "../../../localstack/lambda/testing.ts";
import { eventually } from "../../support/eventually.ts";
import { describeWith } from "../../support/requirements.ts";
import { type Emulated, emulate } from "./emulator.ts";

const code = `
export const handler = async ({ what, ...more }) => {
  if (what === "throw") throw new RangeError("too far");
  if (what === "exit") process.exit(more.status);
  if (what === "signal") { process.kill(process.pid, more.signal); await new Promise(() => undefined); }
  if (what === "crash") { setTimeout(() => { throw new TypeError("late"); }); await new Promise(() => undefined); }
  if (what === "sleep") await new Promise((resolve) => setTimeout(resolve, more.ms));
  if (what === "large") return "x".repeat(7_000_000);
  if (what === "print") console.log("printed");
  return { what, ...more };
};
`;

const events = [
  { what: "return", a: [1, null, "é"] },
  { what: "throw" },
  { what: "exit", status: 7 },
  { what: "exit", status: 0 },
  { what: "exit", status: 129 },
  { what: "signal", signal: "SIGKILL" },
  { what: "signal", signal: "SIGTERM" },
  { what: "signal", signal: "SIGSEGV" },
  { what: "signal", signal: "SIGABRT" },
  { what: "crash" },
  { what: "sleep", ms: 60_000 },
  { what: "large" },
] as const;

describeWith(["emulator"], "the stand-in says the same as AWS's runtime interface emulator", () => {
  let folder = "";
  let theirs: Emulated;
  let ours: LambdaWorld;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "burstlet-outside-"));
    await writeFile(join(folder, "index.mjs"), code);
    // Long enough for an answer of 7 MB on a machine that is busy.
    const timeout = 6;
    theirs = await emulate({ code: folder, handler: "index.handler", timeout });
    const f = { runtime: "nodejs24.x", code: folder, timeout };
    // The emulator has it bare; that Lambda wraps it is said elsewhere.
    ours = await openLambdaWorld({ f }, { switches: { timeoutAnswer: "bare" } });
  });
  afterAll(async () => {
    await theirs?.[Symbol.asyncDispose]();
    await ours?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  it.for(events.map((event) => [JSON.stringify(event), event] as const))(
    "of a function that gets %s",
    async ([, event]) => {
      const { Payload } = await ours.invoke(event);
      expect(comparable(Payload?.transformToString() ?? "")).toEqual(comparable(await theirs.invoke(event)));
    },
  );

  it("in its own lines of a warm invocation", async () => {
    // Its answer may come before its lines, of which the report is the last.
    const told = async (): Promise<string> => {
      const before = theirs.output.length;
      await theirs.invoke({ what: "print" });
      return eventually("the emulator reports", () => /^[^]*^REPORT .*\n/m.exec(theirs.output.slice(before))?.[0]);
    };
    await ours.invoke({ what: "print" });
    await told();
    const answer = await ours.invoke({ what: "print" });
    // The emulator also tells of itself, each time with a date in front.
    const lines = (await told()).split("\n");
    const mine = lines.filter((line) => !/^\d\d \w{3} \d{4} /.test(line)).map(shapeOf);
    expect(tailOf(answer).split("\n").map(shapeOf)).toEqual(mine);
  });
});

/** Without what is of one call or one machine. */
function comparable(payload: string): unknown {
  const text = payload.replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "ID");
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === "object" && value !== null ? { ...value, trace: undefined } : value;
  } catch {
    return text;
  }
}

function shapeOf(line: string): string {
  return line
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "ID")
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME")
    .replaceAll(/[\d.]+ (ms|MB)/g, "N $1");
}
