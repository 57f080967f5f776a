/** The container for files fails: its pod says why, by ECS's words and its log in CloudWatch. */
import { expect, test } from "vitest";
import type { ScenarioInput } from "../../localstack/scenario/schema.ts";
import { eventually } from "../support/eventually.ts";
import { podWith, type World } from "../support/resolve-sources.ts";
import { openFargate, uidOf } from "./testing.ts";

const helperImage = "tools:1";
const objects: World = { configMaps: { settings: { data: { "app.ini": "colour = blue" } } } };
const pod = podWith(
  { image: "scripted", volumeMounts: [{ name: "conf", mountPath: "/conf" }] },
  { volumes: [{ name: "conf", configMap: { name: "settings" } }] },
);
const waits = (message: string) => ({ is: "waiting", reason: "CreateContainerConfigError", message });
const open = async (image: NonNullable<ScenarioInput["images"]>[string]) =>
  openFargate({ images: { [helperImage]: image } }, { helperImage });

const failed = "burstlet_init, the container that writes the pod's files, has failed with exit code 127";

test.concurrent("a failure is told with its code and the last lines of its log", async () => {
  await using fargate = await open({ run: 0, exit: 127 });
  const watched = fargate.watch();
  await fargate.launch(uidOf(1), {}, pod, objects);
  const { containers } = await watched.until("it has stopped", uidOf(1), ({ phase }) => phase === "stopped");
  // What a container of the timetable writes.
  const words = "run 0 of container burstlet_init follows its timetable";
  expect(containers.map(({ name, state }) => [name, state])).toEqual([["main", waits(`${failed}: ${words}`)]]);
});

test.concurrent("a failure whose log may not be read is told with its code", async () => {
  await using fargate = await open({ run: 0, exit: 127 });
  const error = { type: "AccessDeniedException", message: "not authorized to perform: logs:GetLogEvents", status: 400 };
  fargate.world.aws.faults.set({ call: "logs:GetLogEvents", error });
  const watched = fargate.watch();
  await fargate.launch(uidOf(1), {}, pod, objects);
  const { containers } = await watched.until("it has stopped", uidOf(1), ({ phase }) => phase === "stopped");
  expect(containers[0]?.state).toEqual(waits(failed));
});

test.concurrent("an image that is not there is told as its own, and not as the pod's", async () => {
  await using fargate = await open({ pull: "missing" });
  const watched = fargate.watch();
  await fargate.launch(uidOf(1), {}, pod, objects);
  const { containers } = await watched.until("it has stopped", uidOf(1), ({ phase }) => phase === "stopped");
  const message = /^burstlet_init, .* could not start: CannotPullContainerError: .* tools:1: not found$/;
  expect(containers[0]?.state).toEqual(waits(expect.stringMatching(message) as string));
});

test.concurrent("a pod that is stopped while its files are written has no trouble", async () => {
  await using fargate = await open({ run: "forever" });
  const watched = fargate.watch();
  const { id, identity } = await fargate.launch(uidOf(1), {}, pod, objects);
  await eventually("its files are being written", async () => {
    const task = await fargate.world.look(id);
    return task?.containers?.some(({ name, lastStatus }) => name === "burstlet_init" && lastStatus === "RUNNING");
  });
  await fargate.provider.stop({ identity, id }, { graceSeconds: 1, discard: false });
  const state = await watched.until("it has stopped", uidOf(1), ({ phase }) => phase === "stopped");
  expect(JSON.stringify(state)).not.toContain("writes the pod's files");
});
