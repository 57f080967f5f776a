import type { TaskIdentity } from "../src/model/identity.ts";

/** Under which names a runtime knows what the stand-in runs; an engine finds it by these. */
export const owner = { clusterUid: "localstack", nodeName: "localstack" } as const;

/** `id`: of a task or group, unlike any other's; `attempt`: the nth time that it is run anew as a whole. */
export const identityOf = (id: string, attempt = 1): TaskIdentity => {
  return { clusterUid: owner.clusterUid, podUid: id, attempt };
};
