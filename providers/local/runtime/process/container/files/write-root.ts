import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { RootPlan } from "./root-fs.ts";

/** Makes the directory of a container's root afresh. What an earlier run wrote into it is gone, as with any container. */
export function writeRoot(root: string, plan: RootPlan): void {
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root, { recursive: true, mode: 0o755 });
  for (const { path, mode } of plan.directories) {
    mkdirSync(join(root, path), { recursive: true, mode: 0o755 });
    if (mode !== 0o755) chmodSync(join(root, path), mode);
  }
  for (const { path, target } of plan.links) symlinkSync(target, join(root, path));
  for (const { path, content } of plan.files) {
    mkdirSync(join(root, dirname(path)), { recursive: true, mode: 0o755 });
    writeFileSync(join(root, path), content, { mode: 0o644 });
  }
}
