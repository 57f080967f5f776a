import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { expect, it, onTestFinished } from "vitest";
import { runningDemo } from "../run/demo/running-demo.ts";
import { eventually } from "../support/eventually.ts";
import { describeWith } from "../support/requirements.ts";
import { processesOf } from "./processes.ts";

const root = join(import.meta.dirname, "../..");
// As in a person's terminal: the demo makes a network namespace of its own.
const { BURSTLET_NAMESPACE_ADDRESS: _, ...env } = process.env;

type Demo = ChildProcessByStdio<null, Readable, null>;

function startDemo(...options: readonly string[]): { demo: Demo; ended: Promise<number | null> } {
  const demo: Demo = spawn(process.execPath, [join(root, "src/main.ts"), "demo", ...options], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  // Whatever holds a demo ends with it, and so does the demo when this test fails.
  onTestFinished(() => void demo.kill("SIGKILL"));
  return { demo, ended: new Promise((resolve) => demo.once("exit", resolve)) };
}

/** Reads until these examples have been reached. */
async function until(demo: Demo, ...files: readonly string[]): Promise<void> {
  const missing = new Set(files);
  for await (const line of createInterface({ input: demo.stdout })) {
    missing.delete(/example (\S+): reached/.exec(line)?.[1] ?? "");
    if (missing.size === 0) return;
  }
}

/** Where the demo keeps its control plane, and the process that has the demo. */
function place(): { pid: number; state: string } {
  const { pid = 0, kubeconfig = "" } = runningDemo() ?? {};
  const state = join(kubeconfig, "..");
  expect(existsSync(state)).toBe(true);
  return { pid, state };
}

async function expectNothingOf({ pid, state }: ReturnType<typeof place>): Promise<void> {
  // Somebody else on this machine may look at a demo, too.
  expect(runningDemo()?.pid).not.toBe(pid);
  expect(existsSync(`/proc/${pid}`)).toBe(false);
  expect(existsSync(state)).toBe(false);
  expect(await processesOf(`demo-${pid}/tasks`)).toEqual([]);
  expect([...commandsWith(folderOf(state)), ...commandsWith(`demo-${pid}/`)]).toEqual([]);
}

/** That of the control plane, in which its state is one. */
const folderOf = (state: string): string => join(state, "..");

function commandsWith(words: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(commandOf)
    .filter((command) => command.includes(words));
}

function commandOf(id: string): string {
  try {
    return readFileSync(`/proc/${id}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}

describeWith(["go", "namespaces", "root", "busybox"], "burstlet demo", () => {
  it("shows pods get where they should, is there for another terminal, and leaves nothing behind", async () => {
    const { demo, ended } = startDemo();
    await until(demo, "pod.yaml", "deployment.yaml");
    const demoPlace = place();
    const another = spawnSync(process.execPath, [join(root, "test/run/kubectl.ts"), "logs", "hello"], {
      env: { ...env, KUBECONFIG: "/not/the/demo" },
      encoding: "utf8",
    });
    expect(another.stdout).toBe("hello 1\nhello 2\nhello 3\nhello 4\nhello 5\n");

    demo.kill("SIGTERM");
    expect(await ended).toBe(0);
    await expectNothingOf(demoPlace);
  });

  it.for([
    ["fargate", ["deployment.yaml", "config.yaml", "job.yaml", "multi-container.yaml"]],
    ["aci", ["deployment.yaml", "config.yaml", "job.yaml", "multi-container.yaml"]],
    ["all", ["deployment.yaml"]],
  ] as const)("shows them on %s over the stand-in, too", async ([provider, files]) => {
    const { demo, ended } = startDemo("--provider", provider);
    await until(demo, ...files);
    const demoPlace = place();
    demo.kill("SIGTERM");
    expect(await ended).toBe(0);
    await expectNothingOf(demoPlace);
  });

  it("leaves nothing behind either when the process that has it is killed", async () => {
    const { demo, ended } = startDemo();
    await until(demo, "pod.yaml");
    const demoPlace = place();
    process.kill(demoPlace.pid, "SIGKILL");
    expect(await ended).not.toBe(0);
    // The control plane ends by itself, when it notices.
    await eventually("its control plane has ended", () => commandsWith(folderOf(demoPlace.state)).length === 0);
    await expectNothingOf(demoPlace);
  });

  it("ends quietly when nobody reads on, as with head", async () => {
    const demo = `${process.execPath} ${join(root, "src/main.ts")} demo`;
    const piped = spawn("sh", ["-c", `{ ${demo}; echo "exit $?" >&2; } | head -n 3`], {
      env,
      stdio: ["ignore", "ignore", "pipe"],
    });
    onTestFinished(() => void piped.kill("SIGKILL"));
    let said = "";
    piped.stderr.on("data", (chunk) => (said += String(chunk)));
    await new Promise((resolve) => piped.once("close", resolve));
    expect(said).toBe("exit 0\n");
  });
});
