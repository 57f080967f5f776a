/** Resources of containers that run, changed in place: when the provider is asked for it. Pure. */
import type { Pod } from "../../../model/kube.ts";
import type { TaskState } from "../../../model/task-state.ts";
import { type Given, resizesDue, type Resizing } from "../../../status/resize.ts";
import { onError } from "../on-error.ts";
import type { Action } from "../action.ts";
import type { ResizeNote, World } from "../world.ts";

const nothing: Given = new Map();

/** `undefined` when every container has what its spec says, or cannot get it. */
export function resizeDue(world: World, pod: Pod, task: TaskState): Action | undefined {
  const { notes, now, provider } = world;
  if (!provider.canResize || task.phase === "stopping" || task.phase === "stopped") return undefined;
  const { attempt } = task.identity;
  const known = resizeNote(world, attempt);
  if (resizesDue(pod, known?.given ?? nothing).length === 0) return undefined;
  const at = known?.generation === pod.metadata?.generation ? (notes.troubles?.resize?.retryAt ?? 0) : 0;
  return at > now ? { do: "wait", until: at } : { do: "resize", attempt };
}

/** For the status; `undefined` where the provider resizes nothing. */
export function resizingOf(world: World, attempt: number | undefined): Resizing | undefined {
  if (!world.provider.canResize) return undefined;
  const error = world.notes.troubles?.resize?.error;
  return {
    given: resizeNote(world, attempt)?.given ?? nothing,
    ...(error && { trouble: { message: error.message, refused: onError[error.kind].retry === "never" } }),
  };
}

function resizeNote({ notes }: World, attempt: number | undefined): ResizeNote | undefined {
  return notes.resize?.attempt === attempt ? notes.resize : undefined;
}
