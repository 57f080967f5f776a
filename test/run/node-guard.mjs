/**
 * Plain JavaScript, because it must also run on the host's older Node: npm puts the pinned Node first on PATH, but a
 * missing binary leaves a dangling link there, and the shell then takes the host's Node without a word.
 */
import { readFileSync } from "node:fs";

const { devDependencies } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
const wanted = devDependencies.node;
const running = process.versions.node;

if (running !== wanted) {
  console.error(`burstlet runs on Node ${wanted}, but this is Node ${running} (${process.execPath}).
The pinned Node is a package of this project, and its binary is missing or not first on PATH. To fix it:
  npm ci               installs it; then run scripts by "npm run …", which puts it first on PATH
  npm rebuild node     when install scripts were off (--ignore-scripts): this one script fetches the binary
  npm install-scripts approve node     when npm says that the script is not allowed (package.json: allowScripts)`);
  process.exit(1);
}
