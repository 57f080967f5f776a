import type { RawContainer } from "../../../src/provider.ts";
import { describe, expect, test } from "vitest";
import { podOf, podWith } from "../../../test/support/resolve-sources.ts";
import { labels } from "../request.ts";
import { definitionsOf, mainOf, requestOf } from "./testing.ts";

const exec = (...command: string[]) => ({ exec: { command } });

async function checkOf(container: Partial<RawContainer>) {
  const { healthCheck, dockerLabels } = await mainOf(podWith(container), { config: { readiness: "running" } });
  return { healthCheck, probes: dockerLabels?.[labels.probes] };
}

describe("a health check", () => {
  test("is none without a probe that is a command", async () => {
    expect(await checkOf({})).toEqual({ healthCheck: undefined, probes: undefined });
    expect(await checkOf({ livenessProbe: { httpGet: { port: 80 } } })).toEqual({
      healthCheck: undefined,
      probes: undefined,
    });
  });

  test("runs the command itself, with the defaults of Kubernetes as far as ECS goes", async () => {
    expect(await checkOf({ livenessProbe: exec("cat", "/a b") })).toEqual({
      healthCheck: { command: ["CMD", "cat", "/a b"], interval: 10, timeout: 2, retries: 3, startPeriod: 0 },
      probes: "liveness",
    });
  });

  test("has the probe's numbers, and the nearest that ECS takes", async () => {
    const low = { periodSeconds: 1, timeoutSeconds: 1, failureThreshold: 1, initialDelaySeconds: 0 };
    const high = { periodSeconds: 301, timeoutSeconds: 61, failureThreshold: 11, initialDelaySeconds: 301 };
    const middle = { periodSeconds: 20, timeoutSeconds: 10, failureThreshold: 4, initialDelaySeconds: 30 };
    const numbers = async (more: object) => (await checkOf({ readinessProbe: { ...exec("a"), ...more } })).healthCheck;
    expect(await numbers(low)).toMatchObject({ interval: 5, timeout: 2, retries: 1, startPeriod: 0 });
    expect(await numbers(high)).toMatchObject({ interval: 300, timeout: 60, retries: 10, startPeriod: 300 });
    expect(await numbers(middle)).toMatchObject({ interval: 20, timeout: 10, retries: 4, startPeriod: 30 });
  });

  test("answers all probes with its command, patient as the most patient of them", async () => {
    const found = await checkOf({
      startupProbe: { ...exec("a"), failureThreshold: 12, periodSeconds: 5, initialDelaySeconds: 3 },
      readinessProbe: { ...exec("a"), failureThreshold: 1, periodSeconds: 7 },
      livenessProbe: { ...exec("a"), failureThreshold: 5, timeoutSeconds: 9 },
    });
    expect(found).toEqual({
      healthCheck: { command: ["CMD", "a"], interval: 5, timeout: 9, retries: 5, startPeriod: 63 },
      probes: "startup,readiness,liveness",
    });
  });

  test("is that of readiness where commands differ, and counts no failure while a startup probe would wait", async () => {
    const found = await checkOf({
      startupProbe: { ...exec("s"), failureThreshold: 30, periodSeconds: 3 },
      readinessProbe: exec("r"),
      livenessProbe: exec("l"),
    });
    expect(found).toMatchObject({
      healthCheck: { command: ["CMD", "r"], startPeriod: 90, retries: 3 },
      probes: "readiness",
    });
  });

  test("of a sidecar is that of startup first, because others wait for it", async () => {
    const sidecar = (probes: object) => ({ name: "s", image: "a", restartPolicy: "Always", ...probes });
    const pod = (probes: object) => podOf({ initContainers: [sidecar(probes)] });
    const options = { config: { readiness: "running" } };
    const both = definitionsOf(await requestOf(pod({ startupProbe: exec("s"), readinessProbe: exec("r") }), options));
    expect(both.get("s")?.healthCheck?.command).toEqual(["CMD", "s"]);
    expect(both.get("main")?.dependsOn).toEqual([{ containerName: "s", condition: "HEALTHY" }]);
    const ready = definitionsOf(await requestOf(pod({ readinessProbe: exec("r") }), options));
    expect(ready.get("main")?.dependsOn).toEqual([{ containerName: "s", condition: "START" }]);
  });

  test("has the values that the spec itself gives to variables, as the kubelet's probes", async () => {
    const env = [
      { name: "PORT", value: "80" },
      { name: "POD", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
    ];
    const { healthCheck } = await checkOf({
      env,
      livenessProbe: exec("a", "$(PORT)", "$$(PORT)", "$(POD)", "$(NOBODY)"),
    });
    expect(healthCheck?.command).toEqual(["CMD", "a", "80", "$(PORT)", "$(POD)", "$(NOBODY)"]);
  });
});
