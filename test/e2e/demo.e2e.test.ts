import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, it, onTestFinished } from "vitest";
import { runningDemo } from "../run/demo/running-demo.ts";
import { describeWith } from "../support/requirements.ts";
import { processesOf } from "./processes.ts";

const root = join(import.meta.dirname, "../..");
// As in a person's terminal: the demo makes a network namespace of its own.
const { BURSTLET_NAMESPACE_ADDRESS: _, ...env } = process.env;

describeWith(["go", "namespaces", "root", "busybox"], "burstlet demo", () => {
  it("shows pods get where they should, is there for another terminal, and leaves nothing behind", async () => {
    const demo = spawn(process.execPath, [join(root, "src/main.ts"), "demo"], {
      env,
      stdio: ["ignore", "pipe", "inherit"],
    });
    // Whatever holds a demo ends with it, and so does the demo when this test fails.
    onTestFinished(() => void demo.kill("SIGKILL"));
    const ended = new Promise<number | null>((resolve) => demo.once("exit", resolve));
    const reached = new Set<string>();
    for await (const line of createInterface({ input: demo.stdout })) {
      const example = /example (\S+): reached/.exec(line)?.[1];
      if (example !== undefined) reached.add(example);
      if (reached.has("pod.yaml") && reached.has("deployment.yaml")) break;
    }

    const { pid = 0, kubeconfig = "" } = runningDemo() ?? {};
    const state = join(kubeconfig, "..");
    expect(existsSync(state)).toBe(true);
    const another = spawnSync(process.execPath, [join(root, "test/run/kubectl.ts"), "logs", "hello"], {
      env: { ...env, KUBECONFIG: "/not/the/demo" },
      encoding: "utf8",
    });
    expect(another.stdout).toBe("hello 1\nhello 2\nhello 3\nhello 4\nhello 5\n");

    demo.kill("SIGTERM");
    expect(await ended).toBe(0);
    // Somebody else on this machine may look at a demo, too.
    expect(runningDemo()?.pid).not.toBe(pid);
    expect(existsSync(`/proc/${pid}`)).toBe(false);
    expect(existsSync(state)).toBe(false);
    expect(await processesOf(`demo-${pid}/tasks`)).toEqual([]);
  });
});
