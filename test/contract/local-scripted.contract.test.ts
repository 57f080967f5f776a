import { providerContract } from "./contract.ts";
import { hookTests } from "./tests/hook-tests.ts";
import { streamTests } from "./tests/stream-tests.ts";
import { scriptedTarget } from "./targets/scripted-target.ts";
import { updateTests } from "./tests/update-tests.ts";

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
  {
    reason: "a timetable reads no files",
    tests: updateTests.map(({ name }) => name),
  },
]);
