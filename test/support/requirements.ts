/**
 * What some tests need of the machine. A test file says so by `describeWith(["engine", "root"], …)`; where something is
 * missing, the whole group is not run, and the run ends with `NOT RUN engine: needs …; add it with: …`.
 * `BURSTLET_REQUIRE=all`, or a list of names, makes a failure of it. There is no other way to skip a test.
 */
import { spawnSync } from "node:child_process";
import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "vitest";
import { hasEmulator, hasEnvironment } from "../contract/outside/environment.ts";
import { namespaceAddress, namespaceTrouble } from "./namespace.ts";

interface Requirement {
  /** For a person: `needs <this>`. */
  readonly needs: string;
  /** The command that adds it. */
  readonly add: string;
  readonly present: () => boolean;
}

export const requirements = {
  go: {
    needs: `Go ${goVersion()} or newer on PATH`,
    add: "install it from https://go.dev/dl, or by your system's package manager where that is as new",
    present: () => atLeast(/go([\d.]+)/.exec(output("go", ["env", "GOVERSION"]))?.[1], goVersion()),
  },
  engine: {
    needs: "a container engine (podman with runc)",
    add: "apt-get install -y podman runc netavark containernetworking-plugins busybox-static",
    present: () => runs("podman", ["--version"]) && runs("runc", ["--version"]),
  },
  root: {
    needs: "root",
    add: "sudo -E env PATH=$PATH npm test",
    present: () => process.getuid?.() === 0,
  },
  namespaces: {
    needs: "Linux network namespaces with a bridge (unshare and ip, as root)",
    add: "apt-get install -y util-linux iproute2",
    present: () => namespaceAddress() !== undefined || namespaceTrouble() === undefined,
  },
  busybox: {
    needs: "a static busybox on PATH",
    add: "apt-get install -y busybox-static",
    present: () => runs("busybox", ["true"]),
  },
  curl: {
    needs: "curl on PATH",
    add: "apt-get install -y curl",
    present: () => runs("curl", ["--version"]),
  },
  openssl: {
    needs: "openssl on PATH",
    add: "apt-get install -y openssl",
    present: () => runs("openssl", ["version"]),
  },
  python: {
    needs: "Python 3 on PATH",
    add: "apt-get install -y python3",
    present: () => runs("python3", ["--version"]),
  },
  outside: {
    needs: "botocore and moto in a Python environment of their own",
    add: "bash test/contract/outside/build.sh",
    present: hasEnvironment,
  },
  emulator: {
    needs: "AWS's runtime interface emulator for Lambda, built with Go",
    add: "bash test/contract/outside/build.sh",
    present: hasEmulator,
  },
  kubectl: {
    needs: "a kubectl of another version on PATH, beside the embedded one",
    add: "apt-get install -y kubernetes-client",
    present: () => runs("kubectl", ["version", "--client"]),
  },
} as const satisfies Record<string, Requirement>;

export type RequirementName = keyof typeof requirements;

/** `describe`, where the machine has all that is named. */
export function describeWith(names: readonly RequirementName[], title: string, tests: () => void): void {
  const missing = names.filter((name) => !isPresent(name));
  const required = missing.filter((name) => isRequired(name, process.env["BURSTLET_REQUIRE"]));
  if (missing.length === 0) {
    describe(title, tests);
  } else if (required.length === 0) {
    for (const name of missing) recordNotRun(name);
    // Not in silence: what this machine lacks is named at the end of the run, and is a failure under BURSTLET_REQUIRE.
    describe.skip(title, tests);
  } else {
    describe(title, () => {
      it.for(required)("has %s, which BURSTLET_REQUIRE asks for", (name) => {
        throw new Error(notRunLine(name));
      });
    });
  }
}

export function notRunLine(name: RequirementName): string {
  return `NOT RUN ${name}: needs ${requirements[name].needs}; add it with: ${requirements[name].add}`;
}

/** `wanted` is the value of BURSTLET_REQUIRE: `all`, or names with commas between. A name that is none is an error. */
export function isRequired(name: RequirementName, wanted: string | undefined): boolean {
  const list = (wanted ?? "").split(",").map((entry) => entry.trim());
  const unknown = list.filter((entry) => entry !== "" && entry !== "all" && !Object.hasOwn(requirements, entry));
  if (unknown.length > 0) {
    const known = Object.keys(requirements).join(", ");
    throw new Error(`BURSTLET_REQUIRE names ${unknown.join(", ")}, which is none of: all, ${known}`);
  }
  return list.includes("all") || list.includes(name);
}

const probed = new Map<RequirementName, boolean>();

function isPresent(name: RequirementName): boolean {
  const known = probed.get(name) ?? requirements[name].present();
  probed.set(name, known);
  return known;
}

/** Test files run in processes of their own; `test/run/reporter.ts` reads what they leave here. */
function recordNotRun(name: RequirementName): void {
  const folder = process.env["BURSTLET_TEST_REPORT"];
  if (folder !== undefined) appendFileSync(join(folder, "not-run"), `${name}\n`);
}

/** The one place that says it is the Go module of the control plane. */
function goVersion(): string {
  const module = readFileSync(new URL("../controlplane/go.mod", import.meta.url), "utf8");
  return /^go ([\d.]+)$/m.exec(module)?.[1] ?? "1.26";
}

export function atLeast(version: string | undefined, wanted: string): boolean {
  if (version === undefined) return false;
  const [have, want] = [version, wanted].map((text) => text.split(".").map(Number));
  for (const [place, number] of (want ?? []).entries()) {
    const difference = (have?.[place] ?? 0) - number;
    if (difference !== 0) return difference > 0;
  }
  return true;
}

function runs(command: string, words: readonly string[]): boolean {
  return spawnSync(command, words, { stdio: "ignore", cwd: "/", timeout: 20_000 }).status === 0;
}

function output(command: string, words: readonly string[]): string {
  return spawnSync(command, words, { encoding: "utf8", cwd: "/", timeout: 20_000 }).stdout ?? "";
}
