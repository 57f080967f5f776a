import { expect, it } from "vitest";
import { ginkgoResults } from "./ginkgo.ts";

const spec = (title: string, State: string, more: object = {}) => ({
  ContainerHierarchyTexts: ["[sig-node] Pods", ""],
  LeafNodeType: "It",
  LeafNodeText: title,
  State,
  RunTime: 2e9,
  ...more,
});

const report = [
  {
    SpecReports: [
      { ...spec("", "passed"), ContainerHierarchyTexts: null, LeafNodeType: "SynchronizedBeforeSuite" },
      spec("run", "passed"),
      spec("end", "failed", { Failure: { Message: "it did not" } }),
      spec("wait", "skipped"),
      spec("twice", "passed"),
      spec("twice", "timedout"),
    ],
  },
];

it("has one result for each wanted test, and passes none that was skipped, is missing, or failed once", () => {
  const wanted = ["run", "end", "wait", "twice", "other"].map((title) => `[sig-node] Pods ${title}`);
  expect(ginkgoResults(report, wanted).map(({ passed, seconds, message }) => [passed, seconds, message])).toEqual([
    [true, 2, undefined],
    [false, 2, "it did not"],
    [false, 2, "It was skipped."],
    [false, 4, "It was timedout."],
    [false, 0, "The suite has no test of this name."],
  ]);
});

it("tells of a suite that ran nothing that none has passed", () => {
  expect(ginkgoResults([{ SpecReports: null }], ["a"]).map(({ passed }) => passed)).toEqual([false]);
});
