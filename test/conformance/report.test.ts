import { describe, expect, it } from "vitest";
import { reportPage, surprises } from "./report.ts";
import type { SuiteResult } from "./result.ts";

const suite: SuiteResult = {
  title: "theirs",
  seconds: 90,
  tests: [
    { name: "works", passed: true, seconds: 1, message: undefined },
    { name: "cannot | here", passed: false, seconds: 1, message: "as ever" },
    { name: "broke", passed: false, seconds: 1, message: "timed out\nwaiting for <pod>" },
  ],
};
const known = new Map([["cannot | here", "There is no such thing here."]]);

describe("the page about conformance", () => {
  const images = [{ name: "example/image", sentence: "something like it", config: {}, fill: () => undefined }];
  const page = reportPage([suite], { date: "2026-01-02", commit: "abc", versions: [["a", "v1"]], images, known });

  it("counts what passed and says of each test that failed why", () => {
    const rows = page.split("\n").filter((line) => /theirs|works|cannot|broke|example/.test(line));
    expect(rows).toEqual([
      "| theirs | 1 | 3 | 1.5 |",
      "## theirs",
      "| works | pass |  |",
      String.raw`| cannot \| here | **fail** | There is no such thing here. |`,
      "| broke | **fail** | Not explained: timed out |",
      "| `example/image` | something like it |",
    ]);
  });
});

describe("surprises", () => {
  it("are failures that nobody listed, and listed tests that pass", () => {
    expect(surprises([suite], known)).toEqual(["fails: broke\ntimed out\nwaiting for <pod>"]);
    expect(surprises([suite], new Map([...known, ["broke", "so"], ["works", "so"]]))).toEqual([
      "passes, and is listed as failing: works",
    ]);
  });
});
