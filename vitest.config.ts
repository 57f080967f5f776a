import "./test/run/node-guard.mjs";
import { configDefaults, defineConfig } from "vitest/config";

/** One cluster, one network namespace and one container engine at a time fit on two cores. */
const oneFileAtATime = { fileParallelism: false, testTimeout: 120_000, hookTimeout: 300_000 } as const;

export default defineConfig({
  test: {
    exclude: [...configDefaults.exclude, "test/controlplane/**"],
    passWithNoTests: false,
    reporters: ["default", "./test/run/reporter.ts"],
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          // Nothing waits for time; this is for two cores that others keep busy.
          testTimeout: 20_000,
          include: ["{src,providers,localstack,test}/**/*.test.ts"],
          exclude: [...configDefaults.exclude, "test/controlplane/**", "**/*.{machine,contract,e2e}.test.ts"],
        },
      },
      {
        extends: true,
        // Unit tests that run real containers and processes: `npm run check` has no time for them.
        test: { name: "machine", include: ["{src,providers}/**/*.machine.test.ts"], ...oneFileAtATime },
      },
      {
        extends: true,
        test: { name: "contract", include: ["test/contract/**/*.contract.test.ts"], ...oneFileAtATime },
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
