import { providerContract } from "./contract.ts";
import { hookTests } from "./hook-tests.ts";
import { streamTests } from "./stream-tests.ts";
import { scriptedTarget } from "./targets/scripted-target.ts";

providerContract("local on the scripted runtime", scriptedTarget, [
  {
    reason: "a timetable runs nothing that could write",
    tests: ["logs hold what a container wrote, oldest first, with times"],
  },
  {
    reason: "a timetable runs nothing that could be talked to",
    tests: streamTests.map(({ name }) => name),
  },
  {
    reason: "a timetable runs no hooks, and is the same for as long as the task lives",
    tests: hookTests.map(({ name }) => name),
  },
]);
