import type { Log } from "../../src/provider.ts";

/** For tests that say nothing about the log. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
