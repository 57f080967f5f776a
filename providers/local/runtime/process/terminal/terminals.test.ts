import { expect, test } from "vitest";
import { spawnInScript } from "./script.ts";
import { openTerminals } from "./terminals.ts";

const found = (): typeof spawnInScript => () => {
  throw new Error("not for use");
};

test("terminals are node-pty's where that can be loaded, and script's where it cannot", () => {
  const nodePty = found();
  expect(openTerminals(undefined, () => nodePty)).toBe(nodePty);
  expect(openTerminals(undefined, () => undefined)).toBe(spawnInScript);
});

test("who insists on one gets that one, or an error", () => {
  expect(openTerminals("script", found)).toBe(spawnInScript);
  expect(() => openTerminals("node-pty", () => undefined)).toThrow("cannot be loaded");
});
