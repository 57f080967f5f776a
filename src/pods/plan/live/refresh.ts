/** Files of volumes that follow what they are made of while the task lives: when to compare, and what is news. Pure. */
import type { Pod } from "../../../model/kube.ts";
import type { FilesVolume } from "../../../model/resolved-pod.ts";
import type { TaskState } from "../../../model/task-state.ts";
import { hasLiveFiles } from "../../../resolve/live/live-files.ts";
import type { Action } from "../action.ts";
import type { World } from "../world.ts";

/** The kubelet syncs a pod once a minute, up to half a minute late so that not all do at once (--sync-frequency). */
const PERIOD_MS = 60_000;
/** Of the replacement of tokens (pkg/kubelet/token/token_manager.go). */
const TOKEN_JITTER_MS = 10_000;
/** A token that could not be replaced is asked for again no sooner. */
const SHORTEST_MS = 10_000;

/** `undefined` when this pod has nothing that could change. */
export function refreshDue({ notes, now, provider }: World, pod: Pod, task: TaskState): Action | undefined {
  if (!provider.canUpdate || !hasLiveFiles(pod)) return undefined;
  if (task.phase === "stopping" || task.phase === "stopped") return undefined;
  const { attempt } = task.identity;
  const known = notes.files?.attempt === attempt ? notes.files : undefined;
  const at = Math.max(known?.checkAt ?? 0, notes.troubles?.update?.retryAt ?? 0);
  return at > now ? { do: "wait", until: at } : { do: "update", attempt };
}

/** `refreshAt`: of the first token; `random` in [0, 1). */
export function nextCheck(now: number, refreshAt: number | undefined, random: number): number {
  const usual = now + PERIOD_MS * (1 + random / 2);
  const token = refreshAt === undefined ? Infinity : refreshAt + TOKEN_JITTER_MS * random;
  return Math.max(now + SHORTEST_MS, Math.min(usual, token));
}

/** The volumes that the task does not have so yet. `sent` as of FilesNote, of this attempt. */
export function changedFiles(
  sent: ReadonlyMap<string, string> | undefined,
  found: readonly { readonly volume: FilesVolume; readonly fingerprint: string }[],
): readonly FilesVolume[] {
  return found.flatMap(({ volume, fingerprint }) => (sent?.get(volume.name) === fingerprint ? [] : [volume]));
}
