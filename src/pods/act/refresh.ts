/** Compares what a task has in its volumes with what it should have, and sends what is news. */
import { changedFiles, nextCheck } from "../plan/live/refresh.ts";
import { attempt, type ActDeps, type Doing, note, refOf, setTrouble, tell } from "./deps.ts";

export async function refresh(deps: ActDeps, uid: string, { attempt: of }: Doing<"update">): Promise<void> {
  const pod = deps.pods.get(uid);
  if (pod === undefined) return;
  const { clock, random } = deps;
  const before = deps.notes.get(uid)?.files;
  const known = before?.attempt === of ? before : undefined;
  let sent: ReadonlyMap<string, string> = known?.sent ?? new Map();
  // Whoever notices a change while we look sets it to 0.
  const later = nextCheck(clock.now(), undefined, random());
  note(deps, uid, { files: { attempt: of, sent, checkAt: later, trouble: known?.trouble } });
  const { found, problems, refreshAt } = await deps.lookAtFiles(pod);
  const trouble = problems.length === 0 ? undefined : problems.map(({ message }) => message).join("; ");
  if (trouble !== known?.trouble) {
    for (const { kubeletEvent } of problems) tell(deps, pod, { type: "Warning", ...kubeletEvent });
  }
  const files = changedFiles(sent, found);
  if (files.length === 0) setTrouble(deps, uid, "update", undefined);
  else {
    await attempt(deps, uid, "update", async () => {
      const task = refOf(deps, uid, of);
      await deps.lanes.run("cloud", async () => deps.provider.update?.(task, { files }, deps.signal));
      sent = new Map([...sent, ...found.map(({ volume, fingerprint }) => [volume.name, fingerprint] as const)]);
    });
  }
  const { files: now, troubles } = deps.notes.get(uid) ?? {};
  // A failure says by itself when to try again.
  const atOnce = now?.checkAt === 0 || troubles?.update !== undefined;
  const checkAt = atOnce ? 0 : nextCheck(clock.now(), refreshAt, random());
  note(deps, uid, { files: { attempt: of, sent, checkAt, trouble } });
}
