import { describe, expect, test } from "vitest";
import { podOf, podWith } from "../../../test/support/resolve-sources.ts";
import { configSchema } from "../config.ts";
import { sentinelName } from "../translate/order.ts";
import { definitionsOf, requestOf } from "../translate/testing.ts";
import { statsName } from "./helper.ts";

const on = { config: { stats: {}, helperImage: "mirror/busybox:1" } };
const mains = (count: number) => Array.from({ length: count }, (_, n) => ({ name: `m${n}`, image: "a" }));

describe("the helper that reads usage", () => {
  test("is there where the configuration asks for it, and nowhere else", async () => {
    expect([...definitionsOf(await requestOf(podWith({}))).keys()]).toEqual(["main"]);
    expect([...definitionsOf(await requestOf(podWith({}), on)).keys()]).toEqual(["main", statsName]);
    expect(configSchema.parse({ subnets: ["subnet-a"], stats: {} }).stats).toEqual({ intervalSeconds: 30 });
  });

  test("keeps no task alive, waits for nobody, is waited for by nobody, and takes nothing of the task's size", async () => {
    const initContainers = [{ name: "i", image: "a" }];
    const request = await requestOf(podOf({ restartPolicy: "Never", initContainers, containers: mains(2) }), on);
    const row = definitionsOf(request);
    const helper = row.get(statsName);
    expect(helper).toMatchObject({ essential: false, image: "mirror/busybox:1" });
    for (const key of ["dependsOn", "memory", "memoryReservation", "cpu"]) expect(helper).not.toHaveProperty(key);
    const awaited = [...row.values()].flatMap(({ dependsOn = [] }) => dependsOn.map((one) => one.containerName));
    expect(awaited).not.toContain(statsName);
    expect(row.get(sentinelName)?.essential).toBe(true);
    expect(request.overrides.containerOverrides?.map(({ name }) => name)).toEqual(["i", "m0", "m1"]);
  });

  test("writes to the node's log group, and loses a reading rather than wait", async () => {
    const config = { ...on.config, logs: { group: "/mine", mode: "blocking" } };
    const row = definitionsOf(await requestOf(podWith({}), { config }));
    expect(row.get(statsName)?.logConfiguration?.options).toMatchObject({
      "awslogs-group": "/mine",
      "awslogs-stream-prefix": "bl",
      mode: "non-blocking",
      "max-buffer-size": "1m",
    });
    expect(row.get("main")?.logConfiguration?.options).toMatchObject({ mode: "blocking" });
  });

  test("leaves a pod of ten containers as it is: no pod is refused for the sake of its usage", async () => {
    const names = async (count: number, restartPolicy: string) =>
      [...definitionsOf(await requestOf(podOf({ restartPolicy, containers: mains(count) }), on)).keys()].slice(count);
    expect(await names(9, "Always")).toEqual([statsName]);
    expect(await names(10, "Always")).toEqual([]);
    expect(await names(8, "Never")).toEqual([sentinelName, statsName]);
    expect(await names(9, "Never")).toEqual([sentinelName]);
  });
});
