import { describeWith } from "../support/requirements.ts";
import { type Gap, providerContract } from "./contract.ts";
import { lambdaTarget } from "./targets/lambda-target.ts";

/** Of every invocation, however it was started. */
const gaps: readonly Gap[] = [
  {
    reason: "values of Secrets are in a payload only where the pod allows it",
    tests: [
      "a secret shows in no print of the request",
      "a secret among the arguments shows in no print of the request",
    ],
  },
  {
    reason: "a pod is one invocation, and has one container",
    tests: [
      "launch answers with whose task it is and every container in order",
      "init containers run one after the other, a sidecar beside them, and main containers when all have succeeded",
      "after an init container that failed nothing else starts",
      "containers of one task end each for itself, and the task is stopped when the last has ended",
      "stop during the init containers starts nothing more",
      "restart runs a container again, remembers how it ended before, and leaves the others alone",
      "restart of an init container that failed runs that one again and nothing after it",
      "kill ends one run with SIGTERM, and leaves the task and its other containers alone",
      "kill of a run that is over does nothing",
    ],
  },
  {
    reason: "an invocation is not repeated: another run is another attempt",
    tests: [
      "restart with an instance that exists already does nothing",
      "each run has logs of its own, and one that never was has none",
    ],
  },
  {
    reason: "the shell of the stand-in's functions hides no exit code",
    tests: ["an exit code that nobody knows is undefined, never 0"],
  },
  {
    reason: "Lambda sends no signals, and nobody sees what becomes of code that is not waited for",
    tests: [
      "a container that ignores SIGTERM is killed when its grace is over, not before",
      "a later stop with less grace shortens it",
      "kill gives its grace, and a later one with less shortens it",
    ],
  },
  {
    reason: "the log has Lambda's own lines, and one of the handler, before and after those of the command",
    tests: ["logs hold what a container wrote, oldest first, with times"],
  },
  {
    reason: "Lambda tells no usage before the end",
    tests: ["stats tell of running containers, and their use of processor time never falls"],
  },
  {
    reason: "Lambda runs no hooks",
    tests: [
      "a container runs once its postStart hook has succeeded, and the next one starts then",
      "a container whose postStart hook fails ends without ever having run, and why is told",
      "stop waits for a preStop hook before SIGTERM, and no longer than the grace",
      "a container that ends by itself has no preStop hook",
    ],
  },
  {
    reason: "nothing can be added to an invocation, or changed of it",
    tests: [
      "an added container runs once beside the others, and ends with its own code",
      "update replaces the files of a volume: changed ones, more and fewer, with their modes",
      "a file that is mounted by subPath stays as it was while its container runs",
      "a container that runs again has the new files",
      "who reads a file while it is replaced finds the old or the new, whole",
      "update may be repeated, and is refused for a task or a volume that there is not",
    ],
  },
  {
    reason: "nobody can connect to an invocation",
    tests: [
      "exec tells both outputs of a command apart, and its exit code",
      "exec of a command that is not there fails, or ends with 126 or 127",
      "exec without stdin reads from an empty one",
      "exec carries a megabyte there and back byte for byte, and ends stdin when its writer does",
      "exec that is aborted leaves nothing running of the command",
      "exec on a terminal gives the command one, with the size that is told",
      "attach hears a container from now on, types into its stdin, and ends with its run",
      "attach that is aborted ends nothing",
      "forward brings a connection into the task's network, where each half ends by itself",
      "forward to a port where nobody listens is refused, and says which",
    ],
  },
];

describeWith(["root", "namespaces"], "Lambda", () => {
  providerContract("lambda with held invocations", async () => lambdaTarget("sync"), [
    ...gaps,
    {
      reason: "Lambda tells the id of a held invocation with its answer, and lists none",
      tests: [
        "another attempt for the same pod is another task",
        "a task and its names are read back from the cloud by a provider that never saw it",
      ],
    },
    {
      reason: "a held invocation cannot be stopped, and how it ends is unknown once nobody waits for it",
      tests: ["stop ends a task, keeps its last states until they are discarded, and then nothing is left of it"],
    },
  ]);

  providerContract("lambda with events", async () => lambdaTarget("event"), [
    ...gaps,
    {
      reason: "Lambda lists no events: a later provider finds one by what its pod says",
      tests: ["a task and its names are read back from the cloud by a provider that never saw it"],
    },
    {
      reason: "an event cannot be taken back, and how it ends is unknown once nobody waits for it",
      tests: ["stop ends a task, keeps its last states until they are discarded, and then nothing is left of it"],
    },
  ]);

  providerContract("lambda with durable executions", async () => lambdaTarget("durable"), [
    ...gaps,
    {
      reason: "the name of an execution has uid and attempt of its pod, and no room for the pod's names",
      tests: ["a task and its names are read back from the cloud by a provider that never saw it"],
    },
  ]);
});
