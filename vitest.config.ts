import "./test/run/node-guard.mjs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { configDefaults, defineConfig } from "vitest/config";

/** Tests that wait for real processes, on machines that others keep busy. */
const patient = { testTimeout: 120_000, hookTimeout: 300_000 } as const;
/** A control plane with what runs on it is much for two cores already. */
const oneFileAtATime = { ...patient, fileParallelism: false } as const;
/** vitest leaves one core to itself; the files that wait for containers leave it most of theirs. */
const maxWorkers = Math.max(2, availableParallelism() - 1);

export default defineConfig({
  test: {
    exclude: [...configDefaults.exclude, "test/controlplane/**"],
    passWithNoTests: false,
    maxWorkers,
    // By default a second, which a machine that others keep busy may sleep through.
    expect: { poll: { timeout: 45_000 } },
    fsModuleCache: true,
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, "node_modules/.cache/node") },
    reporters: ["default", "./test/run/reporter.ts"],
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          // Nothing waits for time; this is for two cores that others keep busy.
          testTimeout: 60_000,
          include: ["{src,providers,localstack,test}/**/*.test.ts"],
          exclude: [...configDefaults.exclude, "test/controlplane/**", "**/*.{machine,contract,e2e}.test.ts"],
        },
      },
      {
        extends: true,
        // Unit tests that run real containers and processes: `npm run check` has no time for them.
        test: { name: "machine", include: ["{src,providers,localstack}/**/*.machine.test.ts"], ...patient },
      },
      {
        extends: true,
        test: { name: "contract", include: ["test/contract/**/*.contract.test.ts"], ...patient },
      },
      {
        extends: true,
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.e2e.test.ts"],
          exclude: [...configDefaults.exclude, "**/*.full.e2e.test.ts"],
          ...oneFileAtATime,
        },
      },
      {
        extends: true,
        // What builds or waits for minutes: `npm test` has no time for it.
        test: { name: "e2e-full", include: ["test/e2e/**/*.full.e2e.test.ts"], ...oneFileAtATime },
      },
    ],
  },
});
