import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { productVersion } from "../../src/version.ts";
import type { Burstlet } from "../support/burstlet.ts";
import { eventually } from "../support/eventually.ts";
import { describeWith } from "../support/requirements.ts";
import { processesOf } from "./processes.ts";
import { hasPhase, isReady, podManifest, startWorld, type World } from "./worlds/world.ts";

const main = join(import.meta.dirname, "../../src/main.ts");

/** A command as a person types it, with nothing of ours in its environment. */
function start(words: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [main, ...words], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], HOME: "/nonexistent", ...env },
  });
  const said = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].setEncoding("utf8").on("data", (text: string) => (said[stream] += text));
  }
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  return { child, said, ended };
}

async function command(...words: readonly string[]) {
  const { said, ended } = start(words);
  const exitCode = await ended;
  return { exitCode, ...said };
}

const head = "apiVersion: burstlet.dev/v1alpha1\nkind: BurstletConfiguration\n";
const good = `${head}nodes:\n- name: a\n  provider: local\n  local: { runtime: scripted }\n`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "burstlet-bad-input-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe("burstlet run with a bad configuration", () => {
  it.concurrent("tells every problem at once with its place and what is allowed, and exits with 2", async () => {
    const text = `${head}nodes:
- name: Burst_A
  provider: local
  prt: 10250
  maxPods: many
  local: { runtime: process }
- name: b
  provider: fargat
loging: {}
`;
    const path = file("wrong.yaml", text);
    const { exitCode, stdout, stderr } = await command("run", "--config", path, "--node-labels", "odd");
    expect(exitCode).toBe(2);
    expect(stdout).toBe("");
    const [title = "", ...problems] = stderr.trim().split("\n");
    expect(title).toBe(`burstlet: the configuration has ${problems.length} problems`);
    const places = problems.map((line) =>
      line
        .trim()
        .replace(`${path}:`, "")
        .replace(/: (?!.*\]: ).*/, ""),
    );
    expect(problems.length).toBeGreaterThanOrEqual(7);
    for (const place of [/^4:9/, /^6:3/, /^7:12/, /^8:/, /^10:13/, /^11:1/, /^--node-labels/]) {
      expect(places.filter((one) => place.test(one))).toHaveLength(1);
    }
    for (const problem of problems)
      expect(problem).toMatch(/allowed|needed|Set allowHostProcesses|give every node its own port/);
    expect(stderr).toContain("nodes[0].prt: unknown field; did you mean port?");
  });

  it.concurrent.for<[string, string, string]>([
    [
      "two nodes with one name",
      `${good}- { name: a, provider: local, port: 0 }\n`,
      '"a" is already the name of nodes[0]',
    ],
    ["an empty file", "", "the file is empty; it begins with apiVersion"],
    ["what is not YAML", `${good}  labels: [a\n`, "not YAML: "],
    ["host processes that nobody allowed", good.replace("scripted", "process"), "Set allowHostProcesses: true"],
  ])("refuses %s and exits with 2", async ([what, text, words]) => {
    const path = file(`${what.replaceAll(" ", "-")}.yaml`, text);
    const { exitCode, stderr } = await command("run", "--config", path);
    expect(stderr).toMatch(new RegExp(`^burstlet: .*${path}`, "s"));
    expect(stderr).toContain(words);
    expect(exitCode).toBe(2);
  });

  it.concurrent.for<[string[], string]>([
    [["run", "--confg", "x"], "unknown option '--confg'\n(Did you mean --config?)"],
    [["run", "--config", "/no/such/file"], "/no/such/file: cannot be read: ENOENT"],
    [["rn"], "unknown command 'rn'\n(Did you mean run?)"],
  ])("does not understand %o and exits with 2", async ([words, told]) => {
    const { exitCode, stderr } = await command(...words);
    expect(stderr).toContain(told);
    expect(exitCode).toBe(2);
  });

  it.concurrent("does not let a flag mean one of several nodes", async () => {
    const path = file("two.yaml", `${good}- { name: b, provider: local, port: 0 }\n`);
    const { exitCode, stderr } = await command("run", "--config", path, "--hostname-override", "c", "--max-pods", "5");
    expect(exitCode).toBe(2);
    expect(stderr).toContain("--hostname-override");
    expect(stderr).toContain("--max-pods");
  });
});

const kubeconfigOf = (server: string, current = "x"): string =>
  JSON.stringify({
    clusters: [{ name: "c", cluster: { server } }],
    users: [{ name: "u", user: {} }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
    "current-context": current,
  });

describe("burstlet run with a bad kubeconfig", () => {
  it.concurrent.for<[string, () => string[], RegExp]>([
    [
      "that is missing",
      () => ["--kubeconfig", join(folder, "none")],
      /^burstlet: The kubeconfig .*none cannot be read: .*ENOENT/,
    ],
    [
      "that is not YAML",
      () => ["--kubeconfig", file("torn", "users: [\n token: s3cret\n")],
      /^burstlet: The kubeconfig .*torn cannot be read: /,
    ],
    [
      "without its context",
      () => ["--kubeconfig", file("lost", kubeconfigOf("https://127.0.0.1:1", "gone"))],
      /has no context "gone"; it has: x/,
    ],
    [
      "whose server is no URL",
      () => ["--kubeconfig", file("odd", kubeconfigOf("10.0.0.1:6443"))],
      /has the server "10\.0\.0\.1:6443", which is no URL, for its context "x"; it is written as https:/,
    ],
    ["that is nowhere", () => [], /^burstlet: No kubeconfig: .*Give --kubeconfig FILE\.$/m],
  ])("%s says so in one line and exits with 1", async ([, words, told]) => {
    const { exitCode, stderr } = await command("run", "--config", file("good.yaml", good), ...words());
    expect(stderr).toMatch(told);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(stderr).not.toContain("s3cret");
    expect(exitCode).toBe(1);
  });
});

describe("burstlet version and schema", () => {
  it("print what a program reads", async () => {
    const version = await command("version", "-o", "json");
    expect(version).toMatchObject({ exitCode: 0, stderr: "" });
    expect(JSON.parse(version.stdout)).toMatchObject({
      version: productVersion,
      platform: `${process.platform}/${process.arch}`,
    });
    const schema = await command("schema");
    expect(schema).toMatchObject({ exitCode: 0, stderr: "" });
    expect(JSON.parse(schema.stdout)).toMatchObject({
      title: "BurstletConfiguration",
      required: ["apiVersion", "kind", "nodes"],
    });
  });
});

describe("burstlet whose API server never answers", () => {
  let silent: Server;
  let connected: PromiseWithResolvers<void>;
  beforeAll(async () => {
    silent = createServer(() => connected.resolve());
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  });
  afterAll(() => silent.close());

  async function waiting(): Promise<{ child: ChildProcess; ended: Promise<number | null> }> {
    connected = Promise.withResolvers();
    const address = silent.address();
    const server = `https://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
    const words = ["--config", file("good.yaml", good), "--kubeconfig", file("silent", kubeconfigOf(server))];
    const { child, ended } = start(["run", ...words]);
    await connected.promise;
    return { child, ended };
  }

  it("ends cleanly at SIGTERM, without waiting for an answer", async () => {
    const { child, ended } = await waiting();
    const began = performance.now();
    child.kill("SIGTERM");
    expect(await ended).toBe(0);
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});

describeWith(["go", "namespaces", "root", "busybox"], "bad input while tasks run", () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
    await world.cluster.apply(podManifest("works"));
    await world.until("works", "is ready", isReady);
  });
  afterAll(() => world?.stop());

  const linesOf = (burstlet: Burstlet, words: RegExp) =>
    burstlet
      .log()
      .split("\n")
      .filter((line) => words.test(line));

  it("loses nothing: tasks run on, and the next good start has them", async () => {
    const before = await world.pod("works");
    const processes = await processesOf(world.stateDir);
    expect(await world.burstlet.stop()).toBe(0);
    const wrong = file("wrong.yaml", `${good}clusterid: x\n`);
    expect((await command("run", "--config", wrong, "--kubeconfig", world.cluster.kubeconfig)).exitCode).toBe(2);
    expect(await processesOf(world.stateDir)).toEqual(processes);
    world.startAgain();
    await world.cluster.apply(podManifest("next", { restartPolicy: "Never", command: ["true"] }));
    await world.until("next", "has succeeded", hasPhase("Succeeded"));
    expect((await world.pod("works")).status?.containerStatuses).toEqual(before.status?.containerStatuses);
    expect(await processesOf(world.stateDir)).toEqual(processes);
  });

  it("waits for an API server that cannot be reached, with one line per change of state, and ends cleanly", async () => {
    await world.burstlet.stop();
    const processes = await processesOf(world.stateDir);
    await world.cluster.control("kill apiserver");
    const burstlet = world.startAgain();
    const away = /WARN .*API server cannot be used; what runs goes on, retrying .*server=https:.*ECONNREFUSED/;
    const back = /INFO .*API server is back/;
    await eventually("it says so", () => linesOf(burstlet, away).length > 0);
    // Three more attempts, two seconds apart: their number is what must not be told.
    await expect(Promise.race([burstlet.ended, pause(7_000)])).resolves.toBe("still there");
    expect(linesOf(burstlet, /API server/)).toHaveLength(1);

    await world.cluster.control("start apiserver");
    await eventually("it goes on", () => linesOf(burstlet, /node is ready/).length > 0);
    expect(linesOf(burstlet, away)).toHaveLength(1);
    expect(linesOf(burstlet, back)).toHaveLength(1);

    await world.cluster.control("kill apiserver");
    await eventually("it says so again", () => linesOf(burstlet, away).length > 1);
    expect(await burstlet.stop()).toBe(0);
    expect(linesOf(burstlet, away)).toHaveLength(2);
    expect(await processesOf(world.stateDir)).toEqual(processes);
    await world.cluster.control("start apiserver");
  });

  it("ends within seconds at SIGTERM while the API server is silent, and at once at a second one", async () => {
    const server = await apiServerOf(world);
    const frozen = async (): Promise<Burstlet> => {
      const burstlet = world.startAgain();
      await eventually("it serves", () => linesOf(burstlet, /node is ready/).length > 0);
      process.kill(server, "SIGSTOP");
      return burstlet;
    };
    try {
      const first = await frozen();
      const began = performance.now();
      expect(await first.stop()).toBe(0);
      expect(performance.now() - began).toBeLessThan(10_000);
      process.kill(server, "SIGCONT");

      const second = await frozen();
      process.kill(second.pid, "SIGTERM");
      // It wants to give its lease back, and nobody takes it.
      await expect(Promise.race([second.ended, pause(500)])).resolves.toBe("still there");
      process.kill(second.pid, "SIGTERM");
      await expect(Promise.race([second.ended, pause(5_000)])).resolves.toBe(1);
    } finally {
      process.kill(server, "SIGCONT");
    }
  });
});

/** The process id of the cluster's kube-apiserver. */
async function apiServerOf({ cluster }: World): Promise<number> {
  const ids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  for (const id of ids) {
    const line = await readFile(`/proc/${id}/cmdline`, "utf8").catch(() => "");
    if (line.includes("kube-apiserver") && line.includes(cluster.folder)) return Number(id);
  }
  throw new Error("the API server does not run");
}

const pause = (ms: number) => new Promise<string>((resolve) => setTimeout(() => resolve("still there"), ms));
