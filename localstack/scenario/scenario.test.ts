import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { createScenarioBox, ScenarioError } from "./box.ts";
import { readScenario } from "./load.ts";

describe("a scenario", () => {
  test("has a default for everything, and its times go by their base", () => {
    const { now } = createScenarioBox();
    expect(now).toMatchObject({ region: "us-east-1", clusters: ["burstlet"], switches: { quotaAnswer: "failures" } });
    expect(now.times.provisioning).toBeLessThan(1);
    expect(createScenarioBox({ times: { base: "realistic" } }).now.times.provisioning).toBeGreaterThan(5);
  });

  test("changes where it is told to: one time leaves the base of the others", () => {
    const box = createScenarioBox({ times: { base: "realistic" }, clusters: ["one"] });
    const { deprovisioning } = box.now.times;
    box.change({ times: { pull: 99 }, clusters: ["two"] });
    expect(box.now.times).toMatchObject({ pull: 99, deprovisioning });
    expect(box.now.clusters).toEqual(["two"]);
  });

  test("says every mistake with its place, and stays as it was", () => {
    const box = createScenarioBox();
    const before = box.now;
    expect(() => box.change({ rate: 0, switches: { quotaAnswer: "maybe" as "failures" } })).toThrow(ScenarioError);
    expect(() => box.change({ rate: 0, switches: { quotaAnswer: "maybe" as "failures" } })).toThrow(
      /rate[\s\S]*switches\.quotaAnswer|switches\.quotaAnswer[\s\S]*rate/,
    );
    expect(box.now).toBe(before);
  });
});

test("file systems and access points have ids as AWS gives them", () => {
  const withPoint = (fileSystem: string, point: string) =>
    createScenarioBox({ fileSystems: { [fileSystem]: { accessPoints: { [point]: { path: "/" } } } } });
  expect(() => withPoint("fs-0a1b2c3d", "fsap-1")).toThrow("expected fsap- and 8 to 40 hexadecimal digits");
  expect(() => withPoint("fs-1", "fsap-0a1b2c3d")).toThrow("expected fs- and 8 to 40 hexadecimal digits");
  expect(Object.keys(withPoint("fs-0a1b2c3d", "fsap-0a1b2c3d").now.fileSystems)).toEqual(["fs-0a1b2c3d"]);
});

test("what a role in Azure lacks is an action that something asks for, in any case of letters", () => {
  const without = (action: string) => createScenarioBox({ azure: { denied: [action] } }).now.azure.denied;
  expect(without("microsoft.containerinstance/ContainerGroups/WRITE")).toHaveLength(1);
  expect(() => without("Microsoft.ContainerInstance/containerGroup/write")).toThrow(
    "expected an action that is asked for here, one of Microsoft.ContainerInstance/containerGroups/read, ",
  );
});

describe("a scenario file", () => {
  const folder = mkdtempSync(join(tmpdir(), "burstlet-scenario-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const file = (text: string): string => {
    writeFileSync(join(folder, "scenario"), text);
    return join(folder, "scenario");
  };

  test.for(["times: { base: realistic }\nrate: 60\n", '{"times": {"base": "realistic"}, "rate": 60}'])(
    "is YAML or JSON: %s",
    async (text) => {
      expect(await readScenario(file(text))).toEqual({ times: { base: "realistic" }, rate: 60 });
    },
  );

  test("may be empty", async () => {
    expect(await readScenario(file(""))).toEqual({});
  });

  test("that is not there, or is no YAML, is said so", async () => {
    await expect(readScenario(join(folder, "nobody"))).rejects.toThrow("cannot be read");
    await expect(readScenario(file("a: [b"))).rejects.toThrow("is no YAML");
  });
});
