/** What the runtime's news mean for the containers of a group. Pure, but for writing it into them. */
import type { ContainerState, Terminated } from "../../../src/model/task-state.ts";
import { addEvent, type ContainerRecord, type Run } from "./record.ts";

export interface NewsSettings {
  /** Wall milliseconds. */
  readonly now: number;
  readonly oomWord: string;
}

/** `ended`: the run that has just ended. */
export interface News {
  readonly changed: boolean;
  readonly ended?: Run | undefined;
}

const nothing: News = { changed: false };

export function takeContainer(container: ContainerRecord, news: ContainerState, settings: NewsSettings): News {
  if (news.instance !== container.instance || container.over) return nothing;
  const { state } = news;
  switch (state.is) {
    case "waiting":
      return takeWaiting(container, state, settings);
    case "running": {
      if (container.current?.state !== "Waiting") return nothing;
      tellStart(container, news, settings);
      container.current = { state: "Running", startTime: settings.now, detailStatus: "" };
      return { changed: true };
    }
    case "terminated": {
      if (container.current?.state === "Waiting" && state.startedAt !== undefined) tellStart(container, news, settings);
      const ended = endOf(container, state, settings);
      container.current = ended;
      container.over = true;
      return { changed: true, ended };
    }
  }
}

const pullFailures = ["ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName"];

function takeWaiting(
  container: ContainerRecord,
  { reason, message = reason }: { readonly reason: string; readonly message?: string | undefined },
  { now }: NewsSettings,
): News {
  if (container.current?.state !== "Waiting" || !pullFailures.includes(reason)) return nothing;
  tellFailedPull(container, message, now);
  return { changed: true };
}

export function tellFailedPull({ events, input: { image } }: ContainerRecord, why: string, now: number): void {
  addEvent(events, now, "Failed", `Failed to pull image "${image}": ${why}`, "Warning");
  addEvent(events, now, "BackOff", `Back-off pulling image "${image}"`);
}

/** The words of recorded events; the digest is the image's own where the runtime knows it. */
function tellStart({ events, input: { image } }: ContainerRecord, news: ContainerState, { now }: NewsSettings): void {
  const digest = /sha256:[0-9a-f]{64}/.exec(news.imageID ?? "")?.[0];
  const pinned = digest === undefined ? image : `${image.replace(/:[^:/]+$/, "")}@${digest}`;
  if (!events.some(({ name }) => name === "Pulled"))
    addEvent(events, now, "Pulled", `Successfully pulled image "${pinned}"`);
  addEvent(events, now, "Started", "Started container");
}

function endOf({ current }: ContainerRecord, state: Terminated, { now, oomWord }: NewsSettings): Run {
  const { exitCode } = state;
  // What could not be started has an end all the same (from memory: 128 and the runtime's words, as containerd has it).
  const startTime = current?.startTime ?? now;
  return { state: "Terminated", startTime, exitCode, finishTime: now, detailStatus: wordOf(state, oomWord) };
}

function wordOf({ exitCode, reason, message }: Terminated, oomWord: string): string {
  if (exitCode === 0) return "Completed";
  if (reason === "OOMKilled") return oomWord;
  return reason === "ContainerCannotRun" || reason === "StartError" ? (message ?? "Error") : "Error";
}
