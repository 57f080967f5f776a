/** Programs in Go that tests and benchmark run beside burstlet, built by `go install` into the user's cache on demand. */
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join } from "node:path";

export interface GoProgram {
  readonly name: string;
  readonly module: string;
  /** Of the program, inside the module. */
  readonly command: string;
  readonly version: string;
  /** Files of the module that it needs beside itself. */
  readonly files: readonly string[];
}

/** Where it is once it is built. */
export function binaryPath(program: GoProgram): string {
  return join(folderOf(program), program.name);
}

/** Where the file of its module is that `files` names. */
export function filePath(program: GoProgram, file: string): string {
  return join(folderOf(program), basename(file));
}

/** Builds it where it is missing. Returns why it is not there, or nothing. */
export function buildTrouble(program: GoProgram): string | undefined {
  if (existsSync(binaryPath(program))) return undefined;
  const { name, version } = program;
  if (spawnSync("go", ["version"]).status !== 0) {
    return `${name} is built from source, and there is no Go on PATH (https://go.dev/dl)`;
  }
  console.error(`building ${name} ${version} (first time only, some minutes)`);
  const started = performance.now();
  const said = go(["mod", "download", "-json", `${program.module}@${version}`]);
  const { Dir } = JSON.parse(said) as { Dir?: string };
  if (Dir === undefined) return `${program.module}@${version} cannot be fetched: ${said}`;
  go(["install", `${program.module}/${program.command}@${version}`], folderOf(program));
  if (!existsSync(binaryPath(program))) return `${name} could not be built; the lines above say why`;
  for (const file of program.files) copyFileSync(join(Dir, file), filePath(program, file));
  console.error(`built ${name} in ${Math.round((performance.now() - started) / 1000)} s`);
  return undefined;
}

/** Standard output; what goes wrong is told on standard error. */
function go(words: readonly string[], bin = ""): string {
  const env = { ...process.env, GOBIN: bin, CGO_ENABLED: "0" };
  return spawnSync("go", words, { stdio: ["ignore", "pipe", "inherit"], encoding: "utf8", env }).stdout;
}

function folderOf({ name, version }: GoProgram): string {
  const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  return join(cache, "burstlet", "bench", `${name}-${version}`);
}
