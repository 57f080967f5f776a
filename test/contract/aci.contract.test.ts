import { describeWith } from "../support/requirements.ts";
import { providerContract } from "./contract.ts";
import { aciTarget } from "./targets/aci-target.ts";

describeWith(["root", "namespaces", "busybox"], "Azure Container Instances", () => {
  providerContract("aci", aciTarget, [
    {
      reason: "everybody who may read a group sees its command, so a pod with a secret in it is refused",
      tests: ["a secret among the arguments shows in no print of the request"],
    },
    {
      reason: "the shell of the stand-in's groups hides no exit code",
      tests: ["an exit code that nobody knows is undefined, never 0"],
    },
    {
      reason: "Azure knows no sidecars: one before an init container, or of a pod that never restarts, is refused",
      tests: [
        "init containers run one after the other, a sidecar beside them, and main containers when all have succeeded",
      ],
    },
    {
      reason: "Azure restarts containers by itself, and ends none alone",
      tests: [
        "restart runs a container again, remembers how it ended before, and leaves the others alone",
        "restart with an instance that exists already does nothing",
        "restart of an init container that failed runs that one again and nothing after it",
        "kill ends one run with SIGTERM, and leaves the task and its other containers alone",
        "kill gives its grace, and a later one with less shortens it",
        "kill of a run that is over does nothing",
        "each run has logs of its own, and one that never was has none",
      ],
    },
    {
      reason: "nothing can run between the start of a container and the news of it, so postStart is refused",
      tests: [
        "a container runs once its postStart hook has succeeded, and the next one starts then",
        "a container whose postStart hook fails ends without ever having run, and why is told",
      ],
    },
    {
      reason: "a group takes no more containers once it runs",
      tests: ["an added container runs once beside the others, and ends with its own code"],
    },
    {
      reason: "containers of Azure have no input, so a pod that asks for it is refused",
      tests: ["attach hears a container from now on, types into its stdin, and ends with its run"],
    },
    {
      reason: "files of a group never change while it lives",
      tests: [
        "update replaces the files of a volume: changed ones, more and fewer, with their modes",
        "a file that is mounted by subPath stays as it was while its container runs",
        "a container that runs again has the new files",
        "who reads a file while it is replaced finds the old or the new, whole",
        "update may be repeated, and is refused for a task or a volume that there is not",
      ],
    },
  ]);
});
