import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { eventually } from "../../../test/support/eventually.ts";
import { describeWith } from "../../../test/support/requirements.ts";
import { podWith } from "../../../test/support/resolve-sources.ts";
import { definitionsOf, requestOf } from "../translate/testing.ts";
import { statsName } from "./helper.ts";
import { readingOf } from "./reading.ts";
import { ended, statistics } from "./testing.ts";

let folder: string;
let helper: ChildProcessWithoutNullStreams | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "stats-"));
});
afterEach(async () => {
  helper?.kill("SIGKILL");
  await rm(folder, { recursive: true });
});

const told = { "abc-1": statistics(), "abc-2": null, "abc-3": ended, "abc-4": statistics({ cpuNanoseconds: 7e9 }) };

/** The endpoint gives these answers one after the other, then fails. Waits are short until then. */
async function run(answers: readonly string[]) {
  const { entryPoint = [], command = [] } =
    definitionsOf(await requestOf(podWith({}), { config: { stats: { intervalSeconds: 77 } } })).get(statsName) ?? {};
  await Promise.all(answers.map(async (text, n) => writeFile(join(folder, `answer-${n + 1}`), text)));
  const program = (name: string, text: string) =>
    writeFile(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  const count = (file: string): string => `$(wc -l < ${folder}/${file})`;
  await program("wget", `echo "$*" >> ${folder}/asked; cat ${folder}/answer-${count("asked")} 2>/dev/null`);
  const short = `[ ${count("slept")} -gt ${answers.length} ] || exec /bin/sleep 0.01`;
  await program("sleep", `echo $1 >> ${folder}/slept; ${short}; exec /bin/sleep $1`);
  const [program0 = "", ...words] = [...entryPoint, ...command];
  const path = [folder, process.env["PATH"]].join(delimiter);
  const started = spawn(program0, words, { env: { PATH: path, ECS_CONTAINER_METADATA_URI_V4: "http://metadata" } });
  helper = started;
  let output = "";
  started.stdout.on("data", (chunk: Buffer) => void (output += chunk.toString()));
  const end = async (): Promise<void> => {
    started.kill("SIGTERM");
    expect(await once(started, "exit")).toEqual([0, null]);
  };
  return { lines: () => output.split("\n").slice(0, -1), end };
}

const wordsOf = async (file: string): Promise<string[]> =>
  (await readFile(join(folder, file), "utf8").catch(() => "")).trim().split("\n");

async function linesOf(answers: readonly string[], count: number): Promise<readonly string[]> {
  const { lines, end } = await run(answers);
  await eventually("it waits for the next interval", async () => (await wordsOf("slept")).length > answers.length);
  await eventually("its lines are there", () => lines().length >= count);
  await end();
  return lines();
}

test("the helper writes what is used of each reading, in a fifth of the characters, and nothing of a failed one", async () => {
  const flat = JSON.stringify(told);
  const lines = await linesOf(["", flat, "not found", JSON.stringify(told, undefined, 2)], 2);
  // What is no JSON is written as it is, and skipped by who reads.
  const readings = lines.filter((line) => readingOf(line) !== undefined);
  expect(lines.length).toBeLessThanOrEqual(3);
  expect(readings.map(readingOf)).toEqual([readingOf(flat), readingOf(flat)]);
  expect(Math.max(...readings.map(({ length }) => length))).toBeLessThan(flat.length / 5);
  expect([...(readingOf(readings[0] ?? "")?.keys() ?? [])]).toEqual(["abc-1", "abc-4"]);
  expect(await wordsOf("slept")).toEqual(["5", "77", "77", "77", "77"]);
  expect(new Set((await wordsOf("asked")).map((call) => call.split(" ").at(-1)))).toEqual(
    new Set(["http://metadata/task/stats"]),
  );
});

test("the helper ends at SIGTERM, in the middle of a wait that is longer than the grace of the task", async () => {
  const { end } = await run([]);
  await eventually("it waits", async () => (await wordsOf("slept"))[0] === "5");
  const begun = performance.now();
  await end();
  expect(performance.now() - begun).toBeLessThan(4_000);
});

describeWith(["busybox"], "by busybox's own tools", () => {
  test("the helper writes the same", async () => {
    const busybox = spawnSync("sh", ["-c", "command -v busybox"], { encoding: "utf8" }).stdout.trim();
    // Its timeout would run its own wget.
    for (const name of ["grep", "sed", "tr"]) await symlink(busybox, join(folder, name));
    const flat = JSON.stringify(told);
    const lines = await linesOf([flat], 1);
    expect(lines.map(readingOf)).toEqual([readingOf(flat)]);
  });
});
