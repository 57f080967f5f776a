/** Looks at one task in the engine, decides, performs, and again, until there is nothing to do at present. */
import { asProviderError, firstFile } from "../../../../../src/provider.ts";
import { engineIsAway } from "../api/errors.ts";
import type { ContainerListed } from "../api/shapes.ts";
import { identityFilter, runKey, sandboxName } from "../names.ts";
import { nextSteps, type Step } from "../next.ts";
import { perform, type RecordedTask, type Workshop } from "../perform.ts";
import { engineLogs } from "../reading/logs.ts";
import { killedByKernel } from "../reading/oom.ts";
import { bareRecord } from "../record.ts";
import { messageVolume } from "../request/mounts.ts";
import { messageFile } from "../request/run-files.ts";
import { seenOf, type Seen } from "../seen.ts";
import type { Task } from "../tasks.ts";
import { taskView } from "../view.ts";

/** Fresh from the engine. Call it with the task's lock. */
export async function look(shop: Workshop, task: Task): Promise<void> {
  await lookAt(shop, task, await shop.client.containers(identityFilter(task.identity)));
}

/** As `look`, from a list that was read a moment ago. A container whose state has not changed is not inspected again. */
export async function lookAt(shop: Workshop, task: Task, listed: readonly ContainerListed[]): Promise<void> {
  task.looks += 1;
  const seen = await Promise.all(
    listed.map(async (one) => {
      const known = task.seen.find(({ id }) => id === one.Id);
      if (known?.status === one.State) return known;
      const inspected = await shop.client.inspect(one.Id);
      // Removed between the list and the inspection.
      return inspected === undefined ? undefined : { ...withOom(task, seenOf(inspected)), status: one.State };
    }),
  );
  task.seen = seen.filter((one) => one !== undefined);
  if (task.record === undefined && task.seen.length > 0) task.record = bareRecord(task.seen);
  await readMessages(shop, task);
}

/** An end that the engine does not explain; asked once, as an ended run is not inspected again. */
function withOom({ record }: Task, seen: Seen): Seen {
  const limit = record?.spec.containers.find(({ name }) => name === seen.container)?.memoryLimit;
  if (seen.state !== "ended" || seen.oomKilled || seen.exitCode === 0 || limit === undefined) return seen;
  return { ...seen, oomKilled: killedByKernel(seen.id) };
}

/** Rounds within one call; more than any row of containers needs, and an end to a mistake. */
const mostRounds = 200;
const firstRetry = 1000;
const longestRetry = 60_000;

export interface AdvanceHooks {
  /** Tell the present picture. */
  readonly tell: () => void;
  /** Advance again soon. */
  readonly again: () => void;
}

/** Resolves with the milliseconds after which to look again, if time alone makes a difference. Never rejects. */
export async function advance(shop: Workshop, task: Task, hooks: AdvanceHooks): Promise<number | undefined> {
  let step: Step | undefined;
  try {
    for (let round = 0; round < mostRounds; round += 1) {
      step = undefined;
      await look(shop, task);
      if (!isRecorded(task)) return undefined;
      const { steps, wakeAt } = nextSteps(taskView(task.record, task.seen, shop.clock.now()));
      const looks = wakeAt === undefined ? [] : [wakeAt - shop.clock.now()];
      hooks.tell();
      let progress = false;
      for (step of steps) {
        const outcome = await perform(shop, task, step, hooks.again);
        if (!outcome.waits) progress = true;
        else if (outcome.lookIn !== undefined) looks.push(outcome.lookIn);
      }
      if (progress) continue;
      // Not before it rests: each try gets as far as the step that fails, and the trouble must not come and go with it.
      task.failures = 0;
      task.retryAt = 0;
      task.trouble = undefined;
      hooks.tell();
      return looks.length === 0 ? undefined : Math.max(0, Math.min(...looks));
    }
    return firstRetry;
  } catch (error) {
    task.failures += 1;
    const pause = Math.min(firstRetry * 2 ** (task.failures - 1), longestRetry);
    if (!engineIsAway(error)) {
      task.trouble = { reason: troubleReason(step), message: asProviderError(error).message };
      task.retryAt = shop.clock.monotonic() + pause;
    }
    hooks.tell();
    return pause;
  }
}

/** The kubelet's word where the sandbox is the matter; the rest is the engine's trouble with one request. */
function troubleReason(step: Step | undefined): string {
  return step?.do.endsWith("sandbox") || step?.do === "prepare" ? "FailedCreatePodSandBox" : "EngineRequestFailed";
}

export function isRecorded(task: Task): task is RecordedTask {
  return task.record !== undefined;
}

/** The kubelet's limits (pkg/kubelet/container/runtime.go): bytes of the file; lines and bytes of the log instead of it. */
const messageBytes = 4096;
/** Of a file that is read at all: the engine's API gives no end of one alone. */
const mostMessageBytes = 16 * 2 ** 20;
const fallbackLines = 80;
const fallbackBytes = 2048;

/** Termination messages are read once, when the end of a run is first seen. */
async function readMessages(shop: Workshop, task: Task): Promise<void> {
  for (const run of task.seen) {
    const key = runKey(run.container, run.instance);
    if (run.kind === "sandbox" || run.state !== "ended" || task.messages.has(key)) continue;
    const spec = task.record?.spec.containers.find(({ name }) => name === run.container);
    const message = spec?.terminationMessagePath === "" ? "" : await messageOf(shop, task, run);
    const fallback = message === "" && run.exitCode !== 0 && spec?.terminationMessageFallback === true;
    task.messages.set(key, fallback ? await lastWords(shop, task, run) : message);
  }
}

async function messageOf(shop: Workshop, task: Task, run: Seen): Promise<string> {
  const path = `${messageVolume(task.name).sandboxPath}/${messageFile(run)}`;
  try {
    const tar = await shop.client.download(sandboxName(task.name), path, mostMessageBytes);
    return tar === undefined ? "" : (firstFile(tar, messageBytes) ?? Buffer.alloc(0)).toString();
  } catch (error) {
    // A message is an extra: a task whose sandbox is damaged must still be shown and ended.
    if (engineIsAway(error)) throw error;
    return "";
  }
}

async function lastWords(shop: Workshop, task: Task, run: Seen): Promise<string> {
  const { flavour } = await shop.engine();
  const source = { task: { identity: task.identity }, container: run.container, instance: run.instance };
  const want = { follow: false, tailLines: fallbackLines };
  let text: Buffer = Buffer.alloc(0);
  for await (const records of engineLogs(shop.client, flavour, source, want, new AbortController().signal)) {
    const lines = records.flatMap(({ bytes, partial }) => (partial ? [bytes] : [bytes, Buffer.from("\n")]));
    text = Buffer.concat([text, ...lines]).subarray(-fallbackBytes);
  }
  return text.toString();
}
