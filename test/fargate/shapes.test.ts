/** What becomes of pods of several containers when ECS, or what stands in for it, runs their tasks. */
import { describe, expect, test } from "vitest";
import type { ContainerState, TaskState } from "../../src/provider.ts";
import { podOf } from "../support/resolve-sources.ts";
import { openFargate, uidOf } from "./testing.ts";

const image = "scripted";
const env = (run: number | "forever", exit = 0) => [
  { name: "SCRIPT_RUN", value: String(run) },
  { name: "SCRIPT_EXIT", value: String(exit) },
];
const stopped = ({ phase }: TaskState): boolean => phase === "stopped";

function shown({ name, kind, state }: ContainerState): string {
  return `${kind} ${name} ${state.is === "terminated" ? `ended ${state.exitCode}` : state.is}`;
}

async function lifeOf(spec: Parameters<typeof podOf>[0]) {
  await using fargate = await openFargate();
  const watched = fargate.watch();
  await fargate.launch(uidOf(1), {}, podOf(spec));
  const seen = await watched.until("the task is over", uidOf(1), stopped);
  return { seen, containers: seen.containers.map(shown) };
}

describe("a task ends", () => {
  test("with its one main container, whose exit code is the pod's; the sidecar keeps nothing alive", async () => {
    const { containers } = await lifeOf({
      restartPolicy: "Never",
      initContainers: [
        { name: "first", image, env: env(0.1) },
        { name: "beside", image, restartPolicy: "Always", env: env("forever") },
      ],
      containers: [{ name: "main", image, env: env(0.2, 3) }],
    });
    expect(containers.slice(0, 1)).toEqual(["init first ended 0"]);
    expect(containers[1]).toMatch(/^sidecar beside ended \d+$/);
    expect(containers.slice(2)).toEqual(["main main ended 3"]);
  });

  test("with the last of several main containers that do not run for ever, and none of them is cut short", async () => {
    const { containers } = await lifeOf({
      restartPolicy: "Never",
      containers: [
        { name: "short", image, env: env(0.1, 1) },
        { name: "long", image, env: env(1) },
      ],
    });
    expect(containers).toEqual(["main short ended 1", "main long ended 0"]);
  });

  test("when an init container has failed, also where a helper waits for several main containers", async () => {
    const { containers } = await lifeOf({
      restartPolicy: "Never",
      initContainers: [{ name: "setup", image, env: env(0.1, 2) }],
      containers: ["a", "b"].map((name) => ({ name, image, env: env(0.1) })),
    });
    expect(containers[0]).toBe("init setup ended 2");
    expect(containers.slice(1)).toEqual(["main a waiting", "main b waiting"]);
  });
});
