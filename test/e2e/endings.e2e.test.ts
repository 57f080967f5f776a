/** Ends that no container chooses, on a runtime that runs nothing and ends things by timetable. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Pod } from "../../src/model/kube.ts";
import { eventually } from "../support/eventually.ts";
import { describeWith } from "../support/requirements.ts";
import { hasPhase, isReady, podManifest, podTemplate, startWorld, type World } from "./worlds/world.ts";

const scripted = (script: Readonly<Record<string, string>>, more: object = {}): object => ({
  restartPolicy: "Never",
  container: { env: Object.entries(script).map(([name, value]) => ({ name: `SCRIPT_${name}`, value })) },
  ...more,
});
const conditionOf = (pod: Pod, type: string) => pod.status?.conditions?.find((one) => one.type === type);
const endOf = (pod: Pod) => pod.status?.containerStatuses?.[0]?.state?.terminated;

describeWith(["go", "namespaces"], "a pod whose end comes from elsewhere", () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ local: { runtime: "scripted" } });
  });
  afterAll(() => world?.stop());

  it("is marked as disrupted when the cloud takes its task, so that a Job does not count it as a failure", async () => {
    const template = podTemplate(scripted({ RUN: "1", END: "disrupted" }));
    const ignored = { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] };
    await world.cluster.apply({
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name: "spot" },
      spec: { backoffLimit: 0, podFailurePolicy: { rules: [ignored] }, template },
    });
    const first = await eventually("a pod of the Job has failed", async () =>
      (await world.pods("job-name=spot")).find(hasPhase("Failed")),
    );
    expect(conditionOf(first, "DisruptionTarget")).toMatchObject({ status: "True" });
    expect(endOf(first)?.exitCode).not.toBe(0);
    await eventually("the Job makes another one", async () => (await world.pods("job-name=spot")).length > 1);
    const job = await world.cluster.get<{ status?: { failed?: number } }>("job", "spot");
    expect(job.status?.failed ?? 0).toBe(0);
    await world.cluster.kubectl("delete", "job", "spot", "--timeout=30s");
  });

  it.for(["unknown", "gone"])("is 137 and ContainerStatusUnknown where nobody knows it: %s", async (end) => {
    await world.cluster.apply(podManifest(end, scripted({ RUN: "1", END: end })));
    const pod = await world.until(end, "has failed", hasPhase("Failed"));
    expect(endOf(pod)).toMatchObject({ exitCode: 137, reason: "ContainerStatusUnknown" });
    expect(conditionOf(pod, "DisruptionTarget")).toBeUndefined();
  });

  it("comes at the deadline that it is given while it runs, its first one or an earlier one", async () => {
    await world.cluster.apply(podManifest("late", scripted({}, { spec: { activeDeadlineSeconds: 3600 } })));
    await world.cluster.apply(podManifest("endless", scripted({})));
    for (const name of ["late", "endless"]) {
      await world.until(name, "is ready", isReady);
      await world.cluster.kubectl("patch", "pod", name, "-p", JSON.stringify({ spec: { activeDeadlineSeconds: 1 } }));
      const pod = await world.until(name, "has failed", hasPhase("Failed"));
      expect(pod.status?.reason).toBe("DeadlineExceeded");
      expect(pod.status?.observedGeneration).toBe(pod.metadata?.generation);
    }
  });
});
