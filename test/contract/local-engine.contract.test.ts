import { describeWith } from "../support/requirements.ts";
import { providerContract } from "./contract.ts";
import { engineTarget } from "./targets/engine-target.ts";

describeWith(["engine", "root", "namespaces", "busybox"], "the engine runtime", () => {
  providerContract("local on the engine runtime", engineTarget, [
    {
      reason: "an engine keeps every exit code; one is lost only when its store is",
      tests: ["an exit code that nobody knows is undefined, never 0"],
    },
  ]);
});
