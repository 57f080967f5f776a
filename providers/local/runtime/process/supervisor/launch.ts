import { asProviderError, ProviderError, type Terminated, type Waiting } from "../../../../../src/provider.ts";
import { mostFileBytes, withEnvFiles } from "../../env-files.ts";
import type { HookWays } from "../../../../hooks/perform-hook.ts";
import { loopbacks } from "../../network/doors.ts";
import type { ContainerSpec, TaskSpec } from "../../runtime.ts";
import type { Enclosure, RunWant } from "../container/enclosure.ts";
import { readVolumeFile } from "../container/files/volume-file.ts";
import { encloseIsolated } from "../container/isolated.ts";
import { enclosePlain } from "../container/plain.ts";
import { type HookContext, type HookedRun, hookedRun } from "../container/hooked.ts";
import { programOf } from "../container/program.ts";
import { placeOf, startRun, type Run } from "../container/run.ts";
import { findImage, type Image } from "../images.ts";
import { containerDirectory, logPath, taskDirectory, taskKey } from "../paths.ts";
import { execIn } from "../streams/exec.ts";
import { openWiring } from "../terminal/wiring.ts";
import type { ContainerRecord } from "./record.ts";
import type { Held } from "./task-sandbox.ts";
import type { TaskContext } from "./task-sandbox.ts";

export interface LaunchWant {
  readonly spec: TaskSpec;
  readonly name: string;
  readonly instance: number;
  readonly sandbox: Held;
  readonly context: TaskContext;
  /** Asked last before the program starts. */
  readonly mayStart: () => boolean;
  readonly record: (change: Partial<ContainerRecord>) => void;
  readonly failed: HookContext["failed"];
}

/**
 * Makes the container's place and starts its program. `undefined`: the task was told to stop meanwhile. A place that
 * cannot be made is an end without a run: ContainerCannotRun with 128, as the kubelet shows a runtime's refusal.
 * It waits where its environment is not there yet.
 */
export async function launchRun(launch: LaunchWant): Promise<HookedRun | Terminated | Waiting | undefined> {
  const { context, spec, name, instance, sandbox } = launch;
  const key = taskKey(spec.identity);
  const found = spec.containers.find((candidate) => candidate.name === name) as TaskSpec["containers"][number];
  const container = await withFiles(found, launch).catch(asProviderError);
  if (container instanceof ProviderError)
    return { is: "waiting", reason: container.reason, message: container.message };
  const image = findImage(container.image) as Image;
  const want: RunWant & { logPath: string } = {
    spec,
    container,
    instance,
    image,
    address: sandbox.address,
    taskDirectory: taskDirectory(context.stateDir, key),
    directory: containerDirectory(context.stateDir, key, name),
    sandbox: sandbox.mark,
    logPath: logPath(context.stateDir, key, name, instance),
  };
  let enclosure: Enclosure | undefined;
  try {
    enclosure = await enclose(want, launch);
    using wiring = await openWiring(container, context);
    const program = programOf(container, image, spec.hostname, sandbox.late);
    if (!launch.mayStart()) {
      enclosure.kill();
      await enclosure.ended;
      launch.record({ marks: [] });
      return undefined;
    }
    // From here on this instance counts as having run, whatever happens to us.
    launch.record({ spawned: true, marks: enclosure.marks() });
    const run = startRun(enclosure, program, want, context.host.ground, { ...context, wiring });
    launch.record({ marks: enclosure.marks() });
    return hookedRun(run, container, { ...launch, ways: waysInto(run, launch), graceSeconds: graceOf(spec) });
  } catch (error) {
    enclosure?.kill();
    return cannotRun(error, context.clock.now());
  }
}

/** With what files of its volumes say of its environment. */
async function withFiles(container: ContainerSpec, { spec, context, sandbox }: LaunchWant): Promise<ContainerSpec> {
  const directory = taskDirectory(context.stateDir, taskKey(spec.identity));
  const view = sandbox.mark === undefined ? "/" : `/proc/${sandbox.mark.pid}/root`;
  return withEnvFiles(container, async (volume, path) =>
    readVolumeFile({ directory, view, volume, path }, mostFileBytes),
  );
}

/** Kubernetes' own, where nothing is said. */
const graceOf = ({ graceSeconds = 30 }: TaskSpec): number => graceSeconds;

/** The ways of a hook: as a command beside the program, and into the task's network. */
function waysInto(run: Run, { context, sandbox: { mark, address } }: LaunchWant): HookWays {
  const { clock, terminals, doors, pipes } = context;
  return {
    clock,
    exec: async (command, signal) => execIn(placeOf(run), command, { clock, terminals, pipes }, signal),
    async connect(port, signal) {
      if (mark === undefined || address === undefined)
        throw new ProviderError("conflict", "NoTaskNetwork", "the pod has no network of its own");
      const place = {
        key: `${mark.pid}/${mark.startTime}`,
        find: async () => mark.pid,
        hosts: [...loopbacks, address],
      };
      return doors.connect(place, port, signal);
    },
  };
}

async function enclose(want: RunWant, { context, record }: LaunchWant): Promise<Enclosure> {
  const { ground } = context.host;
  if (!ground.abilities.isolation) return enclosePlain(want, ground);
  return encloseIsolated(want, ground, (marks) => record({ marks }));
}

function cannotRun(error: unknown, now: number): Terminated {
  const reason = error instanceof ProviderError ? error.reason : "ContainerCannotRun";
  const message = error instanceof Error ? error.message : String(error);
  return { is: "terminated", exitCode: 128, reason, message, startedAt: now, finishedAt: now };
}
