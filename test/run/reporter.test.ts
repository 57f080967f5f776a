import { execFile } from "node:child_process";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");

/** A project of few tests, run where PATH has nothing but the folder of Node. */
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "burstlet-reporter-"));
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  await writeFile(
    join(folder, "needy.test.ts"),
    `import { expect, it } from "vitest";
     import { describeWith } from "${root}/test/support/requirements.ts";
     describeWith(["openssl"], "with openssl", () => it("runs", () => expect(1).toBe(1)));
     describeWith([], "with nothing", () => it("runs", () => expect(1).toBe(1)));`,
  );
  await writeFile(
    join(folder, "broken.test.ts"),
    `import { beforeAll, describe, expect, it } from "vitest";
     it("adds up", () => expect({ sum: 1 + 1 }).toEqual({ sum: 3 }));
     describe("a group", () => {
       beforeAll(() => Promise.reject(new Error("its ground is missing")));
       it("is never reached", () => expect(1).toBe(1));
     });`,
  );
  await writeFile(
    join(folder, "vitest.config.ts"),
    `export default { test: { reporters: ["default", "${root}/test/run/reporter.ts"] } };`,
  );
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe("a run of tests that fail", () => {
  it("names each of them last, why and where, and what failed without being a test", async () => {
    const { code, lines } = await runVitest("broken", {});
    const last = lines.slice(lines.findIndex((line) => line.startsWith("FAILED")));
    expect(last).toEqual([
      "FAILED broken.test.ts > a group",
      "  Error: its ground is missing",
      "  at broken.test.ts:4",
      "FAILED broken.test.ts > adds up",
      "  AssertionError: expected { sum: 2 } to deeply equal { sum: 3 }",
      expect.stringContaining("Expected"),
      expect.stringContaining("Received"),
      "  ",
      "    {",
      '  -   "sum": 3,',
      '  +   "sum": 2,',
      "    }",
      "  at broken.test.ts:2",
      "0 passed, 1 failed, 1 skipped",
    ]);
    expect(code).toBe(1);
  });
});

describe("a group of tests whose needs the machine lacks", () => {
  it("is left out, and the last line says so and how to add what is missing", async () => {
    const { code, lines } = await runVitest("needy", {});
    expect(lines.slice(-2)).toEqual([
      "1 passed, 0 failed, 1 skipped",
      "NOT RUN openssl: needs openssl on PATH; add it with: apt-get install -y openssl",
    ]);
    expect(code).toBe(0);
  });

  it.for(["all", "go,openssl"])("fails under BURSTLET_REQUIRE=%s", async (wanted) => {
    const { code, lines } = await runVitest("needy", { BURSTLET_REQUIRE: wanted });
    expect(lines.at(-1)).toBe("1 passed, 1 failed");
    expect(code).toBe(1);
  });

  it("is left out where something else is required", async () => {
    expect((await runVitest("needy", { BURSTLET_REQUIRE: "go" })).code).toBe(0);
  });
});

async function runVitest(
  file: string,
  env: Record<string, string>,
): Promise<{ code: number; lines: readonly string[] }> {
  const { BURSTLET_REQUIRE: _1, BURSTLET_TEST_REPORT: _2, ...inherited } = process.env;
  const run = promisify(execFile)(process.execPath, [join(root, "node_modules/vitest/vitest.mjs"), "run", file], {
    cwd: folder,
    env: { ...inherited, NO_COLOR: "1", PATH: join(root, "node_modules/.bin"), ...env },
  });
  const { code, stdout } = await run.then(
    (done) => ({ code: 0, stdout: done.stdout }),
    (error: { code: number; stdout: string }) => error,
  );
  return { code, lines: stdout.trimEnd().split("\n") };
}
