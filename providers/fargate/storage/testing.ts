import { boundVolume, podWith, type World } from "../../../test/support/resolve-sources.ts";
import type { Grant, Pod } from "../../../src/provider.ts";
import type { Options } from "../translate/testing.ts";

/** A pod whose container mounts one volume at /v. */
export const mounted = (volume: object, mount: object = {}, spec: object = {}): Pod =>
  podWith(
    { image: "a", volumeMounts: [{ name: "v", mountPath: "/v", ...mount }] },
    { volumes: [{ name: "v", ...volume }], ...spec },
  );
export const claim = { persistentVolumeClaim: { claimName: "data" } };
export const granted = (...allow: string[]): Pick<Options, "context"> => ({
  context: { grants: [{ namespace: "ns", allow } satisfies Grant] },
});

/** A cluster with a claim that is bound to this volume. */
export function worldOf(spec: object): World {
  return { ...boundVolume(spec), secrets: { key: { data: { a: "b" } } } };
}
