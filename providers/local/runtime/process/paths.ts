/** Places in the state directory that both burstlet and the supervisor know. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { TaskIdentity } from "../../../../src/provider.ts";

export const socketName = "supervisor.sock";
/** The supervisor's output. */
export const logName = "supervisor.log";
/** Locked by the one supervisor there is. */
export const lockName = "supervisor.lock";
/** What the present or last supervisor was started with. */
export const optionsName = "supervisor.json";

/** Directory name and id of a task; a pod's uid is legible in it where it is an ordinary one. */
export function taskKey(identity: TaskIdentity): string {
  const hash = createHash("sha256")
    .update(JSON.stringify([identity.clusterUid, identity.podUid, identity.attempt]))
    .digest("hex");
  return /^[A-Za-z0-9-]{1,64}$/.test(identity.podUid)
    ? `${identity.podUid}.${identity.attempt}.${hash.slice(0, 8)}`
    : hash;
}

export function taskDirectory(stateDir: string, key: string): string {
  return join(stateDir, "tasks", key);
}

export function containerDirectory(stateDir: string, key: string, container: string): string {
  return join(taskDirectory(stateDir, key), "containers", container);
}

export function logPath(stateDir: string, key: string, container: string, instance: number): string {
  return join(containerDirectory(stateDir, key, container), `${instance}.log`);
}

/** Exists once the run has ended and its log is complete. */
export function endMarker(stateDir: string, key: string, container: string, instance: number): string {
  return join(containerDirectory(stateDir, key, container), `${instance}.ended`);
}
