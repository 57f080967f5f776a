import "../run/node-guard.mjs";
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { roomVariable } from "./rooms.ts";

/** The unit tests of one room: a mutant counts as killed only when the tests beside its source say so. */
export default defineConfig({
  test: {
    name: "unit",
    root: join(import.meta.dirname, "../.."),
    include: [`${process.env[roomVariable]}/**/*.test.ts`],
    exclude: ["**/*.machine.test.ts"],
    // Every mutant has a run of its own; its files may share the modules, which takes half the time.
    isolate: false,
    setupFiles: ["./test/mutation/same-cases.ts"],
    passWithNoTests: false,
  },
});
