import { describeWith } from "../support/requirements.ts";
import { providerContract } from "./contract.ts";
import { fargateTarget } from "./targets/fargate-target.ts";

describeWith(["root", "namespaces", "busybox"], "Fargate", () => {
  providerContract("fargate", fargateTarget, [
    {
      reason: "arguments of a task can be read by everybody who may describe it, so a pod with secret ones is refused",
      tests: ["a secret among the arguments shows in no print of the request"],
    },
    {
      reason: "the shell of the stand-in's tasks hides no exit code",
      tests: ["an exit code that nobody knows is undefined, never 0"],
    },
    {
      reason: "how long ECS waits before it kills is said once, in the task's definition",
      tests: ["a later stop with less grace shortens it"],
    },
    {
      reason: "ECS tells no times of single containers",
      tests: [
        "init containers run one after the other, a sidecar beside them, and main containers when all have succeeded",
      ],
    },
    {
      reason:
        "where containers may run again, the end of one main container ends the whole task, and another task follows",
      tests: [
        "containers of one task end each for itself, and the task is stopped when the last has ended",
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
      reason: "ECS runs no hooks",
      tests: [
        "a container runs once its postStart hook has succeeded, and the next one starts then",
        "a container whose postStart hook fails ends without ever having run, and why is told",
        "stop waits for a preStop hook before SIGTERM, and no longer than the grace",
        "a container that ends by itself has no preStop hook",
      ],
    },
    {
      reason: "a task takes no more containers once it runs",
      tests: ["an added container runs once beside the others, and ends with its own code"],
    },
    {
      reason: "ECS has no way to a container's own streams",
      tests: [
        "attach hears a container from now on, types into its stdin, and ends with its run",
        "attach that is aborted ends nothing",
      ],
    },
    {
      reason: "files are written before the first container starts, and ECS mounts no single file",
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
