import { execFile } from "node:child_process";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");

/** A project of one test file that needs openssl, run where PATH has nothing but the folder of Node. */
describe("a group of tests whose needs the machine lacks", () => {
  let folder = "";

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "burstlet-not-run-"));
    await symlink(join(root, "node_modules"), join(folder, "node_modules"));
    await writeFile(
      join(folder, "needy.test.ts"),
      `import { expect, it } from "vitest";
       import { describeWith } from "${root}/test/support/requirements.ts";
       describeWith(["openssl"], "with openssl", () => it("runs", () => expect(1).toBe(1)));
       describeWith([], "with nothing", () => it("runs", () => expect(1).toBe(1)));`,
    );
    await writeFile(
      join(folder, "vitest.config.ts"),
      `export default { test: { reporters: ["default", "${root}/test/run/reporter.ts"] } };`,
    );
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("is left out, and the last line says so and how to add what is missing", async () => {
    const { code, lines } = await runVitest({});
    expect(lines.slice(-2)).toEqual([
      "1 passed, 0 failed, 1 skipped",
      "NOT RUN openssl: needs openssl on PATH; add it with: apt-get install -y openssl",
    ]);
    expect(code).toBe(0);
  });

  it.for(["all", "go,openssl"])("fails under BURSTLET_REQUIRE=%s", async (wanted) => {
    const { code, lines } = await runVitest({ BURSTLET_REQUIRE: wanted });
    expect(lines.at(-1)).toBe("1 passed, 1 failed");
    expect(code).toBe(1);
  });

  it("is left out where something else is required", async () => {
    expect((await runVitest({ BURSTLET_REQUIRE: "go" })).code).toBe(0);
  });

  async function runVitest(env: Record<string, string>): Promise<{ code: number; lines: readonly string[] }> {
    const { BURSTLET_REQUIRE: _1, BURSTLET_TEST_REPORT: _2, ...inherited } = process.env;
    const run = promisify(execFile)(process.execPath, [join(root, "node_modules/vitest/vitest.mjs"), "run"], {
      cwd: folder,
      env: { ...inherited, NO_COLOR: "1", PATH: join(root, "node_modules/.bin"), ...env },
    });
    const { code, stdout } = await run.then(
      (done) => ({ code: 0, stdout: done.stdout }),
      (error: { code: number; stdout: string }) => error,
    );
    return { code, lines: stdout.trimEnd().split("\n") };
  }
});
