import { describe, expect, it } from "vitest";
import { atLeast, isRequired, notRunLine } from "./requirements.ts";

describe("what a machine may lack", () => {
  it.for([
    ["all", true],
    ["engine", true],
    ["go, engine", true],
    ["go", false],
    ["", false],
    [undefined, false],
  ] as const)("BURSTLET_REQUIRE=%s requires the engine: %s", ([wanted, required]) => {
    expect(isRequired("engine", wanted)).toBe(required);
  });

  it("refuses a name that no group has, so that a slip of the pen requires something", () => {
    expect(() => isRequired("engine", "engines")).toThrow("names engines, which is none of: all, go, engine");
  });

  it.for([
    ["1.26", "1.26.0", true],
    ["1.26.0", "1.26", true],
    ["1.27", "1.26.4", true],
    ["1.100", "1.26", true],
    ["2.0", "1.26", true],
    ["1.9", "1.26", false],
    ["1.26.3", "1.26.4", false],
    [undefined, "1.26", false],
  ] as const)("version %s is at least %s: %s", ([have, want, enough]) => {
    expect(atLeast(have, want)).toBe(enough);
  });

  it("says what is missing and how to add it, in one line", () => {
    expect(notRunLine("openssl")).toBe(
      "NOT RUN openssl: needs openssl on PATH; add it with: apt-get install -y openssl",
    );
  });
});
