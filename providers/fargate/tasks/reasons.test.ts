import type { Task } from "@aws-sdk/client-ecs";
import { describe, expect, test } from "vitest";
import { at, exited, over, pictureOf, runs, type Shown, states, stopped, unstarted } from "./testing.ts";

describe("a container of ECS", () => {
  test("that runs has run since the last image was there, because ECS tells no time of its own", () => {
    expect(states(pictureOf({ a: runs }))).toEqual([["a", { is: "running", startedAt: at(20).getTime() }]]);
    const [seen] =
      pictureOf({ a: { ...runs, image: "registry:5000/a/b:1@sha256:0", imageDigest: "sha256:9" } })?.containers ?? [];
    expect(seen).toMatchObject({ containerID: "ecs://abc-1", imageID: "registry:5000/a/b@sha256:9" });
  });

  test("that waits says for what, as the kubelet does", () => {
    expect(states(pictureOf({ i: { kind: "init", ...runs }, a: {} }, { lastStatus: "PENDING" }))).toMatchObject([
      ["i", { is: "running" }],
      ["a", { is: "waiting", reason: "PodInitializing" }],
    ]);
    expect(states(pictureOf({ a: {} }, { lastStatus: "PROVISIONING" }))).toEqual([
      ["a", { is: "waiting", reason: "ContainerCreating" }],
    ]);
  });

  test.for<[string, Shown, Partial<Task>, object]>([
    ["succeeded", { exitCode: 0 }, exited, { exitCode: 0, reason: "Completed", finishedAt: at(90).getTime() }],
    ["failed", { exitCode: 3 }, exited, { exitCode: 3, reason: "Error", startedAt: at(20).getTime() }],
    [
      "used up its memory",
      { exitCode: 137, reason: "OutOfMemoryError: Container killed due to memory usage" },
      exited,
      { exitCode: 137, reason: "OOMKilled" },
    ],
    [
      "is said to have used up its memory only",
      { reason: "OutOfMemoryError: x" },
      exited,
      { exitCode: 137, reason: "OOMKilled" },
    ],
    ["ended without an exit code", {}, exited, { exitCode: undefined, reason: "ContainerStatusUnknown" }],
    [
      "was stopped with it",
      { exitCode: 143 },
      { ...over, stopCode: "UserInitiated", stoppedReason: "burstlet: x" },
      { exitCode: 143, reason: "Error" },
    ],
    [
      "could not be started",
      { reason: 'CannotStartContainerError: exec: "x": not found', runtimeId: undefined },
      unstarted,
      { exitCode: 128, reason: "StartError" },
    ],
  ])("that %s", ([, container, task, end]) => {
    expect(states(pictureOf({ a: { ...stopped, ...container } }, task))).toMatchObject([
      ["a", { is: "terminated", ...end }],
    ]);
  });

  test("that is no essential one has ended at a time that nobody tells", () => {
    const [[, state] = []] = states(pictureOf({ a: { ...stopped, essential: false, exitCode: 0 } }, exited)) ?? [];
    expect(state).toMatchObject({ is: "terminated", exitCode: 0, finishedAt: undefined });
  });

  test("that ECS still calls running in a task that has ended has an unknown end", () => {
    expect(states(pictureOf({ a: runs }, exited))).toMatchObject([["a", { is: "terminated", exitCode: undefined }]]);
  });

  test.for<[string, string | undefined, Partial<Task>, string]>([
    [
      "its image is missing",
      "CannotPullContainerError: pull image manifest has been retried 1 time(s)",
      unstarted,
      "ErrImagePull",
    ],
    ["its image needs a login", "CannotPullContainerAuthError: denied", unstarted, "ErrImagePull"],
    [
      "its image is for another machine",
      "CannotPullImageManifestError: no match for platform",
      unstarted,
      "ErrImagePull",
    ],
    ["its image has no such name", "CannotPullContainerError: invalid reference format", unstarted, "InvalidImageName"],
    ["it could not be made", "CannotCreateContainerError: x", unstarted, "CreateContainerError"],
    ["the runtime gave up", "ContainerRuntimeTimeoutError: x", unstarted, "RunContainerError"],
    [
      "the registry's login failed",
      undefined,
      {
        ...unstarted,
        stoppedReason:
          "ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve ecr registry auth: x",
      },
      "ErrImagePull",
    ],
    [
      "a secret is missing",
      undefined,
      {
        ...unstarted,
        stoppedReason:
          "ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve secret from asm: x",
      },
      "CreateContainerConfigError",
    ],
    [
      "its log group is missing",
      undefined,
      { ...unstarted, stoppedReason: "ResourceInitializationError: failed to validate logger args: x" },
      "FailedCreatePodSandBox",
    ],
    [
      "the network interface failed",
      undefined,
      { ...unstarted, stoppedReason: "Timeout waiting for network interface provisioning to complete." },
      "FailedCreatePodSandBox",
    ],
    [
      "a container could not be started",
      undefined,
      { ...unstarted, stoppedReason: 'CannotStartContainerError: exec: "x": not found' },
      "RunContainerError",
    ],
    [
      "there is no capacity",
      undefined,
      {
        ...unstarted,
        stoppedReason:
          "Capacity is unavailable at this time. Please try again later or in a different availability zone",
      },
      "CapacityUnavailable",
    ],
    [
      "it was stopped before",
      undefined,
      { ...over, stopCode: "UserInitiated", stoppedReason: "burstlet: x", pullStoppedAt: undefined },
      "ContainerCreating",
    ],
  ])("never ran when %s", ([, reason, task, expected]) => {
    const shown = { lastStatus: "STOPPED", ...(reason !== undefined && { reason }) };
    const picture = pictureOf({ a: shown }, task);
    expect(picture?.phase).toBe("stopped");
    expect(states(picture)).toMatchObject([["a", { is: "waiting", reason: expected }]]);
  });

  test("never ran when an init container before it failed, whatever exit code ECS gives it", () => {
    const reason =
      "CannotStartContainerError: failed to resolve, dependency did not exit successfully: container i exited with 3";
    const picture = pictureOf(
      { i: { kind: "init", ...stopped, exitCode: 3 }, a: { lastStatus: "STOPPED", exitCode: 143, reason } },
      unstarted,
    );
    expect(states(picture)).toMatchObject([
      ["i", { is: "terminated", exitCode: 3, reason: "Error" }],
      ["a", { is: "waiting", reason: "PodInitializing" }],
    ]);
  });

  test.for<[string, string, object]>([
    ["readiness", "UNKNOWN", { ready: false }],
    ["readiness", "HEALTHY", { ready: true }],
    ["readiness", "UNHEALTHY", { ready: false }],
    ["liveness", "UNKNOWN", {}],
    ["liveness", "UNHEALTHY", { failed: "liveness" }],
    ["startup,liveness", "UNKNOWN", { started: false }],
    ["startup,liveness", "HEALTHY", { started: true }],
    ["startup,liveness", "UNHEALTHY", { started: false, failed: "liveness" }],
    ["liveness,readiness", "UNHEALTHY", { ready: false, failed: "liveness" }],
  ])("whose health check stands for %s and says %s", ([probes, healthStatus, expected]) => {
    const [seen] = pictureOf({ a: { ...runs, probes, healthStatus: healthStatus as "HEALTHY" } })?.containers ?? [];
    const { ready, started, failed } = seen ?? {};
    expect({ ready, started, failed }).toEqual({
      ready: undefined,
      started: undefined,
      failed: undefined,
      ...expected,
    });
  });
});
