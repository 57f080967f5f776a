/** Pods that can be looked at after their end: deleted, they stay with the end of their containers until they are let go. */
import { type PodFixture, podManifest, type World } from "./world.ts";

export function lasting(name: string, fixture: PodFixture): object {
  const pod = podManifest(name, fixture) as { metadata: object };
  return { ...pod, metadata: { ...pod.metadata, finalizers: ["burstlet.dev/test"] } };
}

export async function letGo({ cluster }: World, ...names: readonly string[]): Promise<void> {
  const patch = ["--type=merge", "-p", '{"metadata":{"finalizers":null}}'];
  for (const name of names) await cluster.kubectl("patch", "pod", name, ...patch);
}
