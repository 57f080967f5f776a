import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { eventually, soon } from "../support/eventually.ts";
import { describeWith } from "../support/requirements.ts";
import {
  commandsWith,
  demoEnv,
  expectNothingOf,
  expectShown,
  folderOf,
  place,
  root,
  startDemo,
  until,
} from "./demo.ts";

describeWith(["go", "namespaces", "root", "busybox"], "burstlet demo", () => {
  it("shows pods get where they should, is there for another terminal, and leaves nothing behind", async () => {
    const { demo, ended } = startDemo();
    await until(demo, "pod.yaml", "deployment.yaml");
    const demoPlace = place();
    const another = spawnSync(process.execPath, [join(root, "test/run/kubectl.ts"), "logs", "hello"], {
      env: { ...demoEnv, KUBECONFIG: "/not/the/demo" },
      encoding: "utf8",
    });
    expect(another.stdout).toBe("hello 1\nhello 2\nhello 3\nhello 4\nhello 5\n");

    demo.kill("SIGTERM");
    expect(await ended).toBe(0);
    await expectNothingOf(demoPlace);
  });

  it("shows them on Fargate and on Azure over the stand-in, too", async () => {
    await expectShown("all", "deployment.yaml");
  });

  it("leaves nothing behind either when the process that has it is killed", async () => {
    const { demo, ended } = startDemo();
    await until(demo, "pod.yaml");
    const demoPlace = place();
    process.kill(demoPlace.pid, "SIGKILL");
    expect(await ended).not.toBe(0);
    // The control plane ends by itself, when it notices.
    await eventually("its control plane has ended", () => commandsWith(folderOf(demoPlace.state)).length === 0);
    await soon(async () => expectNothingOf(demoPlace));
  });

  it("ends quietly when nobody reads on, as with head", async () => {
    const demo = `${process.execPath} ${join(root, "src/main.ts")} demo`;
    const piped = spawn("sh", ["-c", `{ ${demo}; echo "exit $?" >&2; } | head -n 3`], {
      env: demoEnv,
      stdio: ["ignore", "ignore", "pipe"],
    });
    onTestFinished(() => void piped.kill("SIGKILL"));
    let said = "";
    piped.stderr.on("data", (chunk) => (said += String(chunk)));
    await new Promise((resolve) => piped.once("close", resolve));
    expect(said).toBe("exit 0\n");
  });
});
