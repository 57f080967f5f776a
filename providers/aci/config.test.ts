import { describe, expect, test } from "vitest";
import { configSchema } from "./config.ts";
import { inSubnet, least, subnet } from "./translate/testing.ts";

const problems = (config: unknown): string[] =>
  (configSchema.safeParse(config).error?.issues ?? []).map(({ path, message }) => `${path.join(".")}: ${message}`);

describe("the configuration", () => {
  test("needs a subscription and a region, and nothing else", () => {
    expect(configSchema.parse(least)).toMatchObject({
      resourceGroup: "burstlet",
      network: "public",
      security: "refuse",
      readiness: "refuse",
      endpoint: "https://management.azure.com",
      capacity: {},
    });
    expect(problems({}).map((text) => text.replace(/:.*/, ""))).toEqual(["subscription", "locations"]);
  });

  test("in a virtual network has a subnet of each region", () => {
    expect(problems({ ...least, ...inSubnet })).toEqual([]);
    const more = { ...least, ...inSubnet, locations: ["westeurope", "northeurope"] };
    expect(problems(more)).toEqual([
      "subnets: network: subnet needs a subnet of every region of locations, and has none for northeurope",
    ]);
    expect(problems({ ...more, network: "public" })).toEqual([]);
    // Also beside what is wrong elsewhere, and beside what it cannot be read from.
    expect(problems({ ...more, subscription: 5 })).toHaveLength(2);
    expect(problems({ ...more, locations: "westeurope" })).not.toContainEqual(
      expect.stringContaining("needs a subnet"),
    );
  });

  test.for<[what: string, part: Record<string, unknown>, path: string]>([
    ["a subscription by name", { subscription: "ours" }, "subscription"],
    ["a region in its long form", { locations: ["West Europe"] }, "locations.0"],
    ["a subnet by name", { subnets: { westeurope: "groups" } }, "subnets.westeurope"],
    ["an identity that is a subnet", { identities: [subnet("a")] }, "identities.0"],
    ["a registry as a URL", { registries: [{ server: "https://a.io", identity: "x" }] }, "registries.0.server"],
    ["a misspelt setting", { location: "westeurope" }, ""],
  ])("says what is wrong with %s", ([, part, path]) => {
    expect(problems({ ...least, ...part }).map((text) => text.replace(/:.*/, ""))).toContain(path);
  });
});
