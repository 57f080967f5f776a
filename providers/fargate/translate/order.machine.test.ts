import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { eventually } from "../../../test/support/eventually.ts";
import { podOf } from "../../../test/support/resolve-sources.ts";
import { sentinelName } from "./order.ts";
import { definitionsOf, requestOf } from "./testing.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sentinel-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** As task metadata version 4 tells of a container: labels beside its name, more than one status. */
const container = (name: string, status: string) => ({
  DockerId: `id-of-${name}`,
  Name: name,
  DockerName: name,
  Labels: { "com.amazonaws.ecs.container-name": name, "dev.burstlet.kind": "main" },
  DesiredStatus: "STOPPED",
  KnownStatus: status,
  Health: { status: "UNKNOWN" },
  Limits: { CPU: 2 },
});

const answer = (statuses: Record<string, string>, space?: number): string =>
  JSON.stringify(
    {
      Cluster: "default",
      DesiredStatus: "STOPPED",
      KnownStatus: "STOPPED",
      Containers: Object.entries(statuses).map(([name, status]) => container(name, status)),
    },
    undefined,
    space,
  );

/** Runs the helper of a pod with main containers `app` and `app2`; the endpoint gives these answers, then fails. */
async function run(answers: readonly string[]) {
  const spec = { restartPolicy: "Never", containers: ["app", "app2"].map((name) => ({ name, image: "i" })) };
  const { entryPoint = [], command = [] } = definitionsOf(await requestOf(podOf(spec))).get(sentinelName) ?? {};
  await Promise.all(answers.map(async (text, n) => writeFile(join(folder, `answer-${n + 1}`), text)));
  const program = (name: string, text: string) =>
    writeFile(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  // The last argument is the address; the nth call gets the nth answer.
  await program("wget", `echo "$*" >> ${folder}/asked; cat ${folder}/answer-$(wc -l < ${folder}/asked) 2>/dev/null`);
  await program("sleep", "exec /bin/sleep 0.01");
  const [program0 = "", ...words] = [...entryPoint, ...command];
  const path = [folder, process.env["PATH"]].join(delimiter);
  return spawn(program0, words, {
    env: { PATH: path, ECS_CONTAINER_METADATA_URI_V4: "http://metadata" },
    stdio: "ignore",
  });
}

const asked = async (): Promise<string[]> => (await readFile(join(folder, "asked"), "utf8")).trim().split("\n");

test("the helper ends by itself once every main container has ended, and no sooner", async () => {
  const helper = await run([
    "",
    "not found",
    answer({ app: "STOPPED" }),
    answer({ [sentinelName]: "RUNNING" }),
    answer({ app: "RUNNING", app2: "RUNNING", [sentinelName]: "RUNNING" }),
    answer({ app: "RUNNING", app2: "STOPPED", setup: "STOPPED", [sentinelName]: "RUNNING" }),
    answer({ app: "STOPPED", app2: "RUNNING", setup: "STOPPED" }, 2),
    answer({ setup: "STOPPED", app: "STOPPED", app2: "STOPPED", [sentinelName]: "RUNNING" }, 2),
  ]);
  expect(await once(helper, "exit")).toEqual([0, null]);
  const calls = await asked();
  expect(calls).toHaveLength(8);
  expect(new Set(calls.map((call) => call.split(" ").at(-1)))).toEqual(new Set(["http://metadata/task"]));
});

test("the helper ends at SIGTERM, long before the grace of the task is over", async () => {
  const helper = await run([answer({ app: "RUNNING", app2: "RUNNING" })]);
  await eventually("the helper asks", async () => (await asked().catch(() => [])).length > 1);
  helper.kill("SIGTERM");
  expect(await once(helper, "exit")).toEqual([0, null]);
});
