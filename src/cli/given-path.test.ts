import { expect, it } from "vitest";
import { givenPath } from "./given-path.ts";

it.for<[string, string, Record<string, string>, string]>([
  [
    "is below the user's folder",
    "a.yaml",
    { INIT_CWD: "/home/me", npm_lifecycle_event: "burstlet" },
    "/home/me/a.yaml",
  ],
  ["is absolute already", "/etc/a.yaml", { INIT_CWD: "/home/me", npm_lifecycle_event: "demo" }, "/etc/a.yaml"],
  ["is left alone below another script", "a.yaml", { INIT_CWD: "/home/me", npm_lifecycle_event: "e2e" }, "a.yaml"],
  ["is left alone without npm", "a.yaml", {}, "a.yaml"],
])("a path given to an npm script %s", ([, path, environment, expected]) => {
  expect(givenPath(path, environment)).toBe(expected);
});
