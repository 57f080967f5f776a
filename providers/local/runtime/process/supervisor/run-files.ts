import { rmSync, writeFileSync } from "node:fs";
import { removeLog } from "../../log-writer.ts";
import { endMarker, logPath } from "../paths.ts";

export function forgetRun(stateDir: string, key: string, container: string, instance: number): void {
  removeLog(logPath(stateDir, key, container, instance));
  rmSync(endMarker(stateDir, key, container, instance), { force: true });
}

/** For readers of the log, which know no state. After the state is on disk, so that recovery can make up for it. */
export function markEnded(stateDir: string, key: string, container: string, instance: number): void {
  writeFileSync(endMarker(stateDir, key, container, instance), "", { mode: 0o600 });
}
