import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { merged } from "../../test/life/memory-api.ts";
import { podIn, type Situation, situations, situationTime as now, taskIn } from "../../test/life/situations.ts";
import { transitionErrors } from "../../test/life/status-rules.ts";
import { rfc3339 } from "../model/clock.ts";
import type { Pod, PodStatus } from "../model/kube.ts";
import { podStatus } from "./pod-status.ts";
import { statusPatch } from "./status-patch.ts";

/** One write of the node, as the API server stores it. */
function write(pod: Pod, one: Situation, at: number): { after: Pod; patch: object | undefined } {
  const wanted = podStatus({
    pod,
    task: taskIn(one),
    story: one.story,
    hostIP: "10.9.9.9",
    ephemeral: one.ephemeralTroubles,
    now: at,
  });
  const patch = statusPatch(pod, wanted);
  return { after: patch === undefined ? pod : merged(pod, { status: patch }), patch };
}

/** What conditions, phase and container states say against each other. */
function contradictions({ spec, status }: { spec: Pod["spec"]; status: PodStatus }): string[] {
  const is = (type: string) => status.conditions?.find((one) => one.type === type)?.status === "True";
  const statuses = status.containerStatuses ?? [];
  const inits = status.initContainerStatuses ?? [];
  const ephemerals = status.ephemeralContainerStatuses ?? [];
  const sidecarNames = new Set(
    (spec?.initContainers ?? []).filter((one) => one.restartPolicy === "Always").map((one) => one.name),
  );
  const sidecars = inits.filter((one) => sidecarNames.has(one.name));
  const ended = status.phase === "Succeeded" || status.phase === "Failed";
  const anyStarted = statuses.some((one) => one.state?.running ?? one.state?.terminated ?? one.lastState?.terminated);
  const says: [string, boolean][] = [
    [
      "ready, although a container is not",
      is("ContainersReady") && ![...statuses, ...sidecars].every((one) => one.ready),
    ],
    [
      "not ready, although every container is",
      !ended && !is("ContainersReady") && [...statuses, ...sidecars].every((one) => one.ready),
    ],
    ["the pod is ready and its containers are not", is("Ready") && !is("ContainersReady")],
    ["ready after its end", ended && is("Ready")],
    ["a container is ready that does not run", statuses.some((one) => one.ready && !one.state?.running)],
    ["a main container is ready before it has started", statuses.some((one) => one.ready && one.started === false)],
    ["running, although nothing ever ran", status.phase === "Running" && !is("Initialized")],
    [
      "succeeded with a failed container",
      status.phase === "Succeeded" && !statuses.every((one) => one.state?.terminated?.exitCode === 0),
    ],
    ["pending, although every container has run", status.phase === "Pending" && is("ContainersReady")],
    [
      "not initialized, although a container has started",
      anyStarted && status.phase === "Running" && !is("Initialized"),
    ],
    [
      "an unknown end counts as success",
      statuses.some(
        (one) => one.state?.terminated?.reason === "ContainerStatusUnknown" && one.state.terminated.exitCode === 0,
      ),
    ],
    ["a container runs after the end", ended && [...statuses, ...inits].some((one) => one.state?.running)],
    ["the pod is not scheduled although it is here", !is("PodScheduled")],
    [
      "a container runs where none can start",
      !is("PodReadyToStartContainers") && !is("Initialized") && statuses.some((one) => one.state?.running),
    ],
    ["an ephemeral container counts", ephemerals.some((one) => one.ready || one.started === true)],
    [
      "an end that nobody knows has another exit code than 137",
      [...statuses, ...inits, ...ephemerals].some(
        ({ state }) => state?.terminated?.reason === "ContainerStatusUnknown" && state.terminated.exitCode !== 137,
      ),
    ],
    [
      "an init container is done that has not succeeded",
      inits.some((one) => one.ready && !sidecars.includes(one) && one.state?.terminated?.exitCode !== 0),
    ],
    ["a sidecar is ready that does not run", sidecars.some((one) => one.ready && !one.state?.running)],
    [
      "a reason stands beside a condition that is as it should be",
      ["PodReadyToStartContainers", "ContainersReady", "Ready"].some(
        (type) => is(type) && status.conditions?.find((one) => one.type === type)?.reason !== undefined,
      ),
    ],
    [
      "termination messages are longer than the API server's 12 KiB together",
      Buffer.byteLength(
        [...statuses, ...inits, ...ephemerals].map(({ state }) => state?.terminated?.message ?? "").join(""),
      ) > 12_288,
    ],
  ];
  return says.filter(([, wrong]) => wrong).map(([text]) => text);
}

const runs = Number(process.env["BURSTLET_PROPERTY_RUNS"] ?? 500);

describe("whatever a task shows and whatever the API server holds", () => {
  it("the status passes the API server's rules and is written once", () => {
    fc.assert(
      fc.property(situations, (one) => {
        const pod = podIn(one);
        const { after } = write(pod, one, now);
        expect(transitionErrors(pod, after)).toEqual([]);
        expect(write(after, one, now + 60_000).patch).toBeUndefined();
        expect(after.status?.qosClass).toBe("Burstable");
      }),
      { numRuns: runs },
    );
  });

  it("the conditions, the phase and the containers tell one story", () => {
    fc.assert(
      fc.property(situations, (one) => {
        const pod = podIn(one);
        // What others wrote into a pod that has ended is not ours to explain.
        fc.pre(one.phase !== "Succeeded" && one.phase !== "Failed");
        const { status = {} } = write(pod, one, now).after;
        expect(contradictions({ spec: pod.spec, status })).toEqual([]);
      }),
      { numRuns: runs },
    );
  });

  it("conditions say why: refused, taken away, gated; and those of others stay as they are", () => {
    fc.assert(
      fc.property(situations, (one) => {
        const pod = podIn(one);
        const { status = {} } = write(pod, one, now).after;
        const found = (type: string) => status.conditions?.find((each) => each.type === type);
        const before = (type: string) => pod.status?.conditions?.find((each) => each.type === type);
        const { disrupted = false } = one.task ?? {};
        if (disrupted) expect(found("DisruptionTarget")).toMatchObject({ status: "True" });
        else expect(found("DisruptionTarget")).toEqual(before("DisruptionTarget"));
        expect(found("burstlet.dev/Refused")?.status).toBe(one.story.refused === undefined ? undefined : "True");
        if (one.gate !== undefined && one.gate !== "True") expect(found("Ready")?.status).toBe("False");
        expect(found("gate")).toEqual(before("gate"));
        expect(found("example.com/Theirs")).toEqual(before("example.com/Theirs"));
      }),
      { numRuns: runs },
    );
  });

  it("an unchanged condition keeps its time, a changed one is of now", () => {
    fc.assert(
      fc.property(situations, situations, (first, second) => {
        const before = write(podIn(first), first, now).after;
        const next = { ...second, inits: first.inits, mains: first.mains, policy: first.policy, gate: first.gate };
        const { after } = write(before, { ...next, story: second.story }, now + 60_000);
        for (const condition of after.status?.conditions ?? []) {
          const old = before.status?.conditions?.find((one) => one.type === condition.type);
          const since = old?.status === condition.status ? old.lastTransitionTime : rfc3339(now + 60_000);
          expect(condition.lastTransitionTime).toBe(since);
        }
      }),
      { numRuns: runs },
    );
  });
});
