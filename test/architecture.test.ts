import { execFile } from "node:child_process";
import { cp, glob, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { overBudget } from "./lint/budgets.ts";
import { allowed, forbidden } from "./lint/plants.ts";
import { sentences } from "./lint/rooms.ts";

const root = join(import.meta.dirname, "..");
const bin = join(root, "node_modules/.bin");

/** Every planted file in one copy of the configuration, linted and compiled once: a run of the linter takes a second. */
describe("the linter", () => {
  let copy = "";
  let complaints: readonly Complaint[] = [];

  beforeAll(async () => {
    copy = await mkdtemp(join(tmpdir(), "burstlet-planted-"));
    for (const path of [".oxlintrc.json", "tsconfig.json", "package.json", "test/lint"]) {
      await cp(join(root, path), join(copy, path), { recursive: true });
    }
    await symlink(join(root, "node_modules"), join(copy, "node_modules"));
    for (const plant of [...forbidden, ...allowed]) {
      await mkdir(dirname(join(copy, plant.file)), { recursive: true });
      await writeFile(join(copy, plant.file), plant.code);
    }
    complaints = [...(await lint(copy)), ...(await compile(copy))];
  }, 60_000);

  afterAll(() => rm(copy, { recursive: true, force: true }));

  it.for(Object.values(sentences))("has a violation planted for: %s", (sentence) => {
    expect(forbidden.filter(({ message }) => message.includes(sentence))).not.toEqual([]);
  });

  it.for(forbidden)("refuses: $rule ($file)", ({ file, message }) => {
    const texts = complaints.filter((complaint) => complaint.file === file).map(({ text }) => text);
    expect(texts).toContainEqual(expect.stringContaining(message));
  });

  it.for(allowed)("allows: $rule ($file)", ({ file }) => {
    expect(complaints.filter((complaint) => complaint.file === file)).toEqual([]);
  });
});

describe("budgets", () => {
  it("no folder has more than 12 source files, and every file of src/ lies in a room", async () => {
    expect(overBudget(await sourceFiles())).toEqual([]);
  });

  it("a crowded folder and a file outside the rooms are seen", () => {
    const crowd = Array.from({ length: 13 }, (_, index) => `src/pods/file-${index}.ts`);
    expect(overBudget([...crowd, "src/pods/file-1.test.ts", "src/attic/old.ts"])).toEqual([
      "src/pods has 13 source files; at most 12: split it by subject",
      "src/attic/old.ts lies in no room that test/lint/rooms.ts names",
    ]);
  });
});

interface Complaint {
  readonly file: string;
  readonly text: string;
}

/** oxlint and tsc exit with an error when they find something, which here they must. */
async function output(command: string, words: readonly string[], cwd: string): Promise<string> {
  const run = promisify(execFile)(join(bin, command), words, { cwd, maxBuffer: 32 * 1024 * 1024 });
  return run.then(
    () => "",
    (error: { stdout: string }) => error.stdout,
  );
}

async function lint(folder: string): Promise<readonly Complaint[]> {
  const found = JSON.parse(await output("oxlint", ["--format=json"], folder)) as {
    diagnostics: readonly { filename: string; code?: string; message: string; help?: string }[];
  };
  return found.diagnostics.map(({ filename, code = "", message, help = "" }) => ({
    file: filename,
    text: `${code}: ${message} ${help}`,
  }));
}

async function compile(folder: string): Promise<readonly Complaint[]> {
  const lines = (await output("tsc", ["--project", ".", "--pretty", "false"], folder)).split("\n");
  return lines
    .map((line) => /^(\S+?)\(\d+,\d+\): error (TS1294: .*)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, file = "", text = ""]) => ({ file, text }));
}

async function sourceFiles(): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const path of glob("{src,providers,localstack,test}/**/*.*", { cwd: root })) found.push(path);
  return found;
}
