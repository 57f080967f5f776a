import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { labels, type TaskTemplate } from "../request.ts";
import { templateOf } from "./template.ts";

const content: TaskTemplate["content"] = {
  cpu: "256",
  containerDefinitions: [{ name: "a", image: "b", environment: [{ name: "A", value: "1" }] }, { name: "c" }],
};

/** The same value with the keys of every object in another order. */
function reversed<T>(value: T): T {
  if (Array.isArray(value)) return value.map(reversed) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, inner]) => [key, reversed(inner)]),
  ) as T;
}

describe("a template", () => {
  test("is named by its content, and its first container says so", () => {
    const { family, content: marked } = templateOf(content);
    expect(family).toMatch(/^bl-[0-9a-f]{32}$/);
    expect(marked.containerDefinitions?.map(({ dockerLabels }) => dockerLabels)).toEqual([
      { [labels.template]: family.slice("bl-".length) },
      undefined,
    ]);
  });

  test("has the same name in whatever order its keys are, also without those that are undefined", () => {
    expect(templateOf(reversed(content)).family).toBe(templateOf(content).family);
    expect(templateOf({ ...content, pidMode: undefined }).family).toBe(templateOf(content).family);
  });

  test("has another name for another content, also where only the order of a list differs", () => {
    const other = { ...content, containerDefinitions: content.containerDefinitions?.toReversed() };
    expect(templateOf(other).family).not.toBe(templateOf(content).family);
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        const [one, two] = [a, b].map((image) => templateOf({ containerDefinitions: [{ image }] }).family);
        return (one === two) === (a === b);
      }),
    );
  });
});
