/**
 * What Azure says about waiting and about ends, in the kubelet's words. The names of events and the two exit codes of the
 * platform are those of Azure's page on troubleshooting; that "OOM" stands in the details of a container that had too
 * little memory is not verified. Pure.
 */
import { type ImagePull, parseTime, type Terminated, type Waiting } from "../../../src/provider.ts";
import type { ContainerView, GroupEvent, RunView } from "./shapes.ts";

/** Of a container that Azure itself has ended, with and without time to end in. */
const platformCodes: readonly number[] = [7147, 7148];

/** The kernel kills with SIGKILL: 128 and its number. */
const killed = 137;

/** Words that only repeat the reason. */
const plain: ReadonlySet<string> = new Set(["", "Completed", "Error"]);

/** How this run ended. An absent exit code stays unknown. */
export function endOf(run: RunView, events: readonly GroupEvent[] = []): Terminated {
  const { exitCode, detailStatus } = run;
  const details = detailStatus ?? "";
  return {
    is: "terminated",
    exitCode: exitCode ?? undefined,
    reason: reasonOf(run, events),
    ...(!plain.has(details) && { message: details }),
    startedAt: parseTime(run.startTime),
    finishedAt: parseTime(run.finishTime),
  };
}

function reasonOf(run: RunView, events: readonly GroupEvent[]): string {
  const { exitCode, detailStatus } = run;
  if (exitCode === undefined || exitCode === null) return "ContainerStatusUnknown";
  if (exitCode === 0) return "Completed";
  if (platformCodes.includes(exitCode) || isPlatforms(run, events)) return platformReason;
  return exitCode === killed && /\bOOM/i.test(detailStatus ?? "") ? "OOMKilled" : "Error";
}

export const platformReason = "PlatformTerminated";

/** Events stay when a container runs again, so that one from before this run says nothing of its end. */
function isPlatforms({ startTime }: RunView, events: readonly GroupEvent[]): boolean {
  const began = parseTime(startTime) ?? 0;
  return events.some(
    ({ name, message, lastTimestamp }) =>
      name === "Killing" && /platform[- ]initiated/i.test(message ?? "") && (parseTime(lastTimestamp) ?? 0) >= began,
  );
}

/** An end that nobody has told. */
export function unknownEnd(reason: string, message: string, run?: RunView): Terminated {
  return { is: "terminated", exitCode: undefined, reason, message, startedAt: parseTime(run?.startTime) };
}

/** Why a container does not run, as far as it is its own trouble. */
export function troubleOf({ events, restartCount, currentState }: ContainerView): Waiting | undefined {
  const image = imageTrouble(events ?? []);
  if (image !== undefined) return image;
  const details = currentState?.detailStatus ?? "";
  if ((restartCount ?? 0) === 0 && !/CrashLoop/i.test(details)) return undefined;
  return { is: "waiting", reason: "CrashLoopBackOff", ...(!plain.has(details) && { message: details }) };
}

/** The last word on the image counts: a pull that has failed may succeed later. */
function imageTrouble(events: readonly GroupEvent[]): Waiting | undefined {
  const about = events.filter(({ name, message }) => isPull(name) || isPullFailure(name, message));
  const last = newest(about);
  if (last === undefined || isPull(last.name)) return undefined;
  const reason = last.name === "BackOff" ? "ImagePullBackOff" : "ErrImagePull";
  // The kubelet's event says it again, and its status does not.
  const { message } = last;
  return { is: "waiting", reason, ...messageOf({ message: message?.replace(/^Failed to pull image "[^"]*": /, "") }) };
}

function isPull(name: GroupEvent["name"]): boolean {
  return name === "Pulling" || name === "Pulled";
}

/** `BackOff` is also the event of a container that is started again and again. */
function isPullFailure(name: GroupEvent["name"], message: GroupEvent["message"]): boolean {
  return (
    (name === "Failed" || name === "BackOff") && /\bpull(ing)?\b.*\bimage\b|\bimage\b.*\bpull/i.test(message ?? "")
  );
}

/** Why nothing of a group starts: a volume that cannot be mounted, or whatever was told last. */
export function startTrouble(events: readonly GroupEvent[], hasFailed: boolean): Pick<Waiting, "message"> {
  const mount = newest(events.filter(({ name }) => name === "FailedMount"));
  return messageOf(mount ?? (hasFailed ? newest(events) : undefined));
}

/** The events of a pull give its times; a container that ran before may have been pulled again. */
export function pullOf(events: readonly GroupEvent[]): ImagePull | undefined {
  const startedAt = parseTime(newest(events.filter(({ name }) => name === "Pulling"))?.lastTimestamp);
  if (startedAt === undefined) return undefined;
  const finishedAt = parseTime(newest(events.filter(({ name }) => name === "Pulled"))?.lastTimestamp);
  return { startedAt, ...(finishedAt !== undefined && finishedAt >= startedAt && { finishedAt }) };
}

/** `nginx@sha256:…`, which the event of a pull names. */
export function imageIdOf(events: readonly GroupEvent[]): string | undefined {
  const pulled = newest(events.filter(({ name }) => name === "Pulled"));
  return /[^\s"']+@sha256:[0-9a-f]{64}/.exec(pulled?.message ?? "")?.[0];
}

export function messageOf(event: GroupEvent | undefined): { readonly message?: string } {
  const message = event?.message ?? "";
  return message === "" ? {} : { message };
}

/** Of those without a time the last in the list: Azure tells the order of events by their times alone. */
export function newest(events: readonly GroupEvent[]): GroupEvent | undefined {
  return events.toSorted((a, b) => timeOf(a) - timeOf(b)).at(-1);
}

function timeOf({ firstTimestamp, lastTimestamp }: GroupEvent): number {
  return parseTime(lastTimestamp) ?? parseTime(firstTimestamp) ?? 0;
}
