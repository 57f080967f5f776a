import { describeWith } from "../support/requirements.ts";
import { providerContract } from "./contract.ts";
import { processTarget } from "./targets/process-target.ts";

describeWith(["root", "namespaces", "busybox"], "the process runtime", () => {
  providerContract("local on the process runtime", processTarget, [
    {
      reason: "the kernel always tells the supervisor an exit code; one is lost only with the supervisor itself",
      tests: ["an exit code that nobody knows is undefined, never 0"],
    },
    {
      reason: "the cloud is a supervisor on the same host, which is started again as soon as it is missed",
      tests: ["trouble of the cloud reaches the feed, ends there, and what happened meanwhile is told"],
    },
  ]);
});
