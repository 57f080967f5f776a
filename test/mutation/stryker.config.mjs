import { cacheOf, roomVariable } from "./rooms.ts";

const room = process.env[roomVariable] ?? "";

/** @type {ConstructorParameters<typeof import("@stryker-mutator/core").Stryker>[0]} */
export default {
  testRunner: "vitest",
  plugins: ["@stryker-mutator/vitest-runner"],
  vitest: { configFile: "test/mutation/vitest.config.ts" },
  mutate: [`${room}/**/*.ts`, `!${room}/**/*.test.ts`, `!${room}/**/testing.ts`],
  // The sandbox holds what the tests import and no tsconfig.json: Stryker would rewrite it by the API of an older TypeScript.
  ignorePatterns: ["**", "!{src,providers,test}/**", "!package.json", "test/controlplane", "**/*.md"],
  tempDirName: `${cacheOf(room)}/sandbox`,
  cleanTempDir: "always",
  incremental: true,
  incrementalFile: `${cacheOf(room)}/report.json`,
  reporters: ["progress-append-only", "clear-text", "html"],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false, skipFull: true },
  htmlReporter: { fileName: `${cacheOf(room)}/report.html` },
  allowConsoleColors: false,
  // A machine that others use, too, is slow at times, and that is no endless loop.
  timeoutMS: 20_000,
};
