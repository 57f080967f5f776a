import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { eventually } from "../test/support/eventually.ts";

const main = join(import.meta.dirname, "main.ts");
const root = join(import.meta.dirname, "..");

function burstlet(...words: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [main, ...words], { encoding: "utf8", env: { PATH: process.env["PATH"] } });
}

describe("the command line", () => {
  it.for<[string[], string]>([
    [["rn"], "error: unknown command 'rn'\n(Did you mean run?)\n"],
    [["run", "--confg", "x"], "error: unknown option '--confg'\n(Did you mean --config?)\n"],
    [["run"], "error: --config <file> is needed\n"],
    [
      ["run", "--config", "x", "--logging-format", "xml"],
      "error: option '--logging-format <format>' argument 'xml' is invalid. Allowed choices are json, text.\n",
    ],
    [["run", "--config", "x", "y"], "error: too many arguments for 'run'. Expected 0 arguments but got 1: y.\n"],
    [
      ["version", "-o", "xml"],
      "error: option '-o, --output <format>' argument 'xml' is invalid. Allowed choices are json.\n",
    ],
    // An option of the kubelet that means nothing here.
    [["run", "--config", "x", "--cgroup-driver", "systemd"], "docs/kubelet-options.md says of every option"],
    [["run", "--config", "/no/such/file"], "burstlet: /no/such/file: cannot be read: ENOENT"],
    [[], "Usage: burstlet"],
  ])("does not understand %o, says why, and exits with 2", ([words, says]) => {
    const { status, stderr } = burstlet(...words);
    expect(stderr).toContain(says);
    expect(status).toBe(2);
  });

  it("writes all that it has to say into a pipe whose reader is slow, and minds none that left", () => {
    const piped = (reader: string) =>
      spawnSync("sh", ["-c", `"$0" "$1" schema | (${reader})`, process.execPath, main], { encoding: "utf8" });
    // Longer than a pipe holds. The reader is slow only so that a process which does not wait would be gone by then.
    const { stdout } = piped("sleep 2; cat");
    expect(stdout.length).toBeGreaterThan(65_536);
    expect(JSON.parse(stdout)).toMatchObject({ title: "BurstletConfiguration" });
    expect(piped("head -c 1")).toMatchObject({ stdout: "{", stderr: "" });
  });

  describe("with a configuration", () => {
    let folder: string;
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), "burstlet-main-"));
      writeFileSync(join(folder, "c.yaml"), configuration);
    });
    afterAll(() => rmSync(folder, { recursive: true }));

    it("exits with 1 when a command failed", () => {
      const { status, stderr } = burstlet(
        "run",
        "--config",
        join(folder, "c.yaml"),
        "--kubeconfig",
        join(folder, "none"),
      );
      expect(stderr).toMatch(/^burstlet: .*none/);
      expect(status).toBe(1);
    });

    it.for(["-v=x", "-vx", "--v=x"])("reads %s as Kubernetes' programs do, and refuses what is no level", (word) => {
      const { status, stderr } = burstlet("run", "--config", join(folder, "c.yaml"), word);
      expect(stderr).toBe(
        'burstlet: -v: logging.verbosity: "x" is not allowed; allowed: a whole number from 0 to 10\n',
      );
      expect(status).toBe(2);
    });
  });

  it("tells its version, for programs too", () => {
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
    expect(burstlet("version").stdout).toMatch(new RegExp(`^burstlet ${version} `));
    expect(JSON.parse(burstlet("version", "-o", "json").stdout)).toMatchObject({ version });
  });

  it("shows its help without loading what only a command needs", () => {
    // Prints every module on the way, when the process ends.
    const spy = `import { registerHooks } from "node:module";
      const seen = [];
      registerHooks({ resolve(specifier, context, next) { const found = next(specifier, context); seen.push(found.url); return found; } });
      process.on("exit", () => console.error(JSON.stringify(seen)));`;
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ["--import", `data:text/javascript,${encodeURIComponent(spy)}`, main, "--help"],
      { encoding: "utf8" },
    );
    const files = (JSON.parse(stderr) as string[]).filter((url) => url.startsWith("file:"));
    const places = files.map((url) =>
      url.slice(new URL(`file://${root}/`).href.length).replace(/^(node_modules\/[^/]+).*/, "$1"),
    );
    expect(new Set(places)).toEqual(new Set(["src/main.ts", "src/cli/program.ts", "node_modules/commander"]));
    expect(stdout).toContain("schema [options]");
  });
});

const configuration =
  "apiVersion: burstlet.dev/v1alpha1\nkind: BurstletConfiguration\nnodes:\n- { name: a, provider: local, local: { runtime: scripted } }\n";

describe("a signal", () => {
  let server: Server;
  let folder: string;
  /** Written by an exec plugin when it is asked for credentials, which it then does not give for a while. */
  const asked = (): string => join(folder, "asked");
  const slowPlugin = () => ({
    exec: {
      apiVersion: "client.authentication.k8s.io/v1",
      interactiveMode: "Never",
      command: "sh",
      args: ["-c", `touch ${asked()}; exec sleep 3`],
    },
  });
  // Of each test its own: a burstlet that another one has started must not answer for this one.
  beforeEach(async () => {
    // burstlet tries again every two seconds.
    server = createServer((socket) => {
      writeFileSync(asked(), "");
      socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    folder = mkdtempSync(join(tmpdir(), "burstlet-signal-"));
    writeFileSync(join(folder, "c.yaml"), configuration);
  });
  afterEach(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  function kubeconfigOf(user: object): string {
    const address = server.address();
    const port = typeof address === "object" ? address?.port : undefined;
    const config = {
      clusters: [{ name: "c", cluster: { server: `https://127.0.0.1:${port}` } }],
      users: [{ name: "u", user }],
      contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
      "current-context": "x",
    };
    writeFileSync(join(folder, "kubeconfig"), JSON.stringify(config));
    return join(folder, "kubeconfig");
  }

  async function exitCodeAfter(user: object, ...signals: readonly NodeJS.Signals[]): Promise<number | null> {
    const words = ["run", "--config", join(folder, "c.yaml"), "--kubeconfig", kubeconfigOf(user)];
    const child = spawn(process.execPath, [main, ...words], { stdio: "ignore" });
    const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
    onTestFinished(() => void child.kill("SIGKILL"));
    await eventually("it asks the API server or its plugin", () => existsSync(asked()));
    for (const signal of signals) child.kill(signal);
    return ended;
  }

  it.for<NodeJS.Signals>(["SIGTERM", "SIGINT"])("%s is a clean stop", async (signal) => {
    expect(await exitCodeAfter({}, signal)).toBe(0);
  });

  it("that comes second ends everything at once", async () => {
    // A clean stop waits for the plugin, so it cannot be faster; both signals are there when the process goes on.
    expect(await exitCodeAfter(slowPlugin(), "SIGSTOP", "SIGTERM", "SIGINT", "SIGCONT")).toBe(1);
  });
});
