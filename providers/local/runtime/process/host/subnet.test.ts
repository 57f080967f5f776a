import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openAddresses } from "./addresses.ts";
import { parseSubnet } from "./subnet.ts";

describe("a subnet", () => {
  it("gives its first address to the bridge and the others to tasks", () => {
    const subnet = parseSubnet("10.213.7.9/16");
    expect(subnet).toMatchObject({ prefix: 16, gateway: "10.213.0.1", size: 65_533 });
    expect([subnet.address(0), subnet.address(254), subnet.address(subnet.size - 1)]).toEqual([
      "10.213.0.2",
      "10.213.1.0",
      "10.213.255.254",
    ]);
  });

  it.for(["", "10.0.0.0", "10.0.0.0/30", "10.0.0.0/7", "10.0.0.256/24", "fd00::/64"])("%j is none", (text) => {
    expect(() => parseSubnet(text)).toThrow("is not an IPv4 network such as");
  });
});

describe("addresses", () => {
  it("stay with their task over restarts, go round, and run out with a sentence", () => {
    const directory = mkdtempSync(join(tmpdir(), "burstlet-addresses-"));
    const open = () => openAddresses(directory, parseSubnet("10.0.0.0/29"));
    const first = open();
    expect(["a", "b", "a"].map((key) => first.take(key))).toEqual(["10.0.0.2", "10.0.0.3", "10.0.0.2"]);
    first.free("10.0.0.2");
    expect(first.take("c")).toBe("10.0.0.4");
    const second = open();
    expect(second.take("b")).toBe("10.0.0.3");
    expect(["d", "e", "f"].map((key) => second.take(key))).toEqual(["10.0.0.2", "10.0.0.5", "10.0.0.6"]);
    expect(() => second.take("g")).toThrow("all 5 addresses of the task subnet are in use");
    expect(readdirSync(directory)).toHaveLength(5);
    rmSync(directory, { recursive: true });
  });
});
