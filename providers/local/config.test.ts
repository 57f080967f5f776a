import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { configSchema } from "./config.ts";
import { parseBytes } from "./quantity.ts";
import { defaultScript } from "./runtime/scripted/timetable.ts";

const problems = (config: unknown): string[] => {
  const result = configSchema.safeParse(config);
  return result.success ? [] : result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
};

describe("the local provider's configuration", () => {
  test("is complete without a word", () => {
    expect(configSchema.parse({})).toMatchObject({
      runtime: "engine",
      allowHostProcesses: false,
      engine: { network: "bridge" },
      process: { bridge: "burstlet0", subnet: "10.213.0.0/16" },
      scripted: { subnet: "10.99.0.0/16", defaults: {}, images: {} },
      capacity: { pods: 110 },
    });
  });

  test("gives processes on this host only to those who say that they mean it", () => {
    expect(problems({ runtime: "process" })).toEqual([
      expect.stringMatching(/^allowHostProcesses: .*everybody who may create pods on this node processes on this host/),
    ]);
    expect(problems({ runtime: "process", allowHostProcesses: true })).toEqual([]);
  });

  test("tells of every wrong field at once", () => {
    const wrong = {
      runtime: "vm",
      color: "red",
      engine: { host: "docker" },
      process: { subnet: "10.0.0.0" },
      scripted: { defaults: { exit: 256 } },
      capacity: { memory: "lots", pods: 0 },
    };
    expect(problems(wrong).map((line) => line.split(":")[0])).toEqual([
      "runtime",
      "engine.host",
      "process.subnet",
      "scripted.defaults.exit",
      "capacity.memory",
      "capacity.pods",
      "",
    ]);
  });

  test("knows every part of a script, and no other", () => {
    expect(problems({ scripted: { defaults: defaultScript } })).toEqual([]);
    const { defaults } = configSchema.parse({ scripted: { defaults: defaultScript } }).scripted;
    expect(Object.keys(defaults).toSorted()).toEqual(Object.keys(defaultScript).toSorted());
  });

  test("describes every option in its JSON Schema", () => {
    const undescribed: string[] = [];
    const walk = (schema: { properties?: Record<string, object>; description?: string }, at: string): void => {
      for (const [name, inner] of Object.entries(schema.properties ?? {})) {
        if (!("description" in inner)) undescribed.push(`${at}.${name}`);
        walk(inner, `${at}.${name}`);
      }
    };
    walk(z.toJSONSchema(configSchema, { io: "input" }) as object, "local");
    expect(undescribed).toEqual([]);
  });

  test("is checked without loading a provider or a runtime", () => {
    const script = `
      import { registerHooks } from "node:module";
      const loaded = [];
      registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context); } });
      const { providers } = await import("./providers/index.ts");
      (await providers.local.config()).configSchema.parse({});
      console.log(JSON.stringify(loaded));
    `;
    const output = execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
    const own = (JSON.parse(output) as string[]).filter((url) => !url.includes("/node_modules/"));
    const names = own.map((url) => url.replace(/^.*\/(?=providers\/|src\/)/, ""));
    expect(names).toEqual(["providers/index.ts", "providers/local/config.ts", "providers/local/quantity.ts"]);
  });
});

describe("a quantity of bytes", () => {
  test.for<[string, number]>([
    ["0", 0],
    ["1048576", 1_048_576],
    ["512Mi", 512 * 2 ** 20],
    ["1.5G", 1_500_000_000],
    ["8Gi", 8 * 2 ** 30],
    ["2Ti", 2 * 2 ** 40],
    ["10k", 10_000],
  ])("%s is %d", ([text, value]) => {
    expect(parseBytes(text)).toBe(value);
  });
});
