import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { controlPlaneBinary } from "../run/controlplane.ts";
import { describeWith } from "../support/requirements.ts";

const module = join(import.meta.dirname, "../controlplane");
const run = promisify(execFile);

/** The other tests stand on it, so it has tests of its own, in its own language. */
describeWith(["go"], "the embedded control plane", () => {
  it("keeps its promises: Go's tests of it pass, and none is skipped", async () => {
    const env = { ...process.env, BURSTLET_CONTROLPLANE: controlPlaneBinary() };
    const { stdout } = await run("go", ["test", "-count=1", "-v", "./internal/..."], { cwd: module, env }).catch(
      (error: { stdout: string; stderr: string }) => {
        throw new Error(`go test failed:\n${error.stdout}\n${error.stderr}`);
      },
    );
    expect(stdout).toContain("--- PASS");
    expect(stdout).not.toContain("--- SKIP");
  }, 300_000);

  it("is formatted, and go vet finds nothing", async () => {
    expect((await run("gofmt", ["-l", "."], { cwd: module })).stdout).toBe("");
    await run("go", ["vet", "./internal/..."], { cwd: module });
  });
});
