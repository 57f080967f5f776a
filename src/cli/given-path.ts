import { resolve } from "node:path";

/**
 * A path as the user meant it. `npm run` starts scripts in the project's folder, wherever the user is, and leaves the
 * user's folder in INIT_CWD; that variable is inherited by whatever runs below a script, so the script is looked at.
 */
export function givenPath(path: string, environment: Readonly<Record<string, string | undefined>>): string {
  const { INIT_CWD: folder, npm_lifecycle_event: script } = environment;
  const byScript = script === "burstlet" || script === "demo";
  return folder !== undefined && byScript ? resolve(folder, path) : path;
}
