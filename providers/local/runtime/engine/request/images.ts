/** Images by pull policy, with the kubelet's waiting reasons and back-off. Its memory is only about back-off: a restart begins it anew. */
import { asProviderError } from "../../../../../src/provider.ts";
import type { Clock, ImagePull, Waiting } from "../../../../../src/provider.ts";
import type { EngineClient } from "../api/client.ts";
import { engineIsAway } from "../api/errors.ts";
import type { ContainerSpec, TaskSpec } from "../../runtime.ts";
import { registryAuth } from "./credentials.ts";
import { imageName, type ImageName } from "./image-name.ts";

type ImageClient = Pick<EngineClient, "image" | "pull">;

export interface Images {
  /** Is this container's image ready to run? Starts a pull where needed; `changed` is called when it is worth asking again. */
  ready(want: ImageWant, changed: () => void): Promise<ImageReady | ImageWait>;
  /** This run, or all runs of this task, have been created or never will be. */
  forget(runOrTask: string): void;
  close(): void;
}

export interface ImageWant {
  readonly container: Pick<ContainerSpec, "image" | "imagePullPolicy">;
  readonly credentials: TaskSpec["pullCredentials"];
  /** Policy Always means one pull for each run. */
  readonly run: string;
}

/** `pull`: the one that this run has waited for, or waits for. */
export type ImageReady = {
  readonly reference: string;
  readonly pull?: ImagePull | undefined;
  readonly waiting?: undefined;
};
/** `lookIn`: milliseconds after which asking again gives something new; `undefined` while `changed` will be called. */
export type ImageWait = {
  readonly waiting: Waiting;
  readonly pull?: ImagePull | undefined;
  readonly lookIn: number | undefined;
  readonly reference?: undefined;
};

/** The kubelet's image back-off: 10 s, doubling, to 5 minutes. */
const firstBackOff = 10_000;
const longestBackOff = 300_000;
/** ErrImagePull is shown this long before ImagePullBackOff, so that each failing image costs two changes, not two for each retry. */
const errorShown = 1000;

/** Everything about one image with one credential. */
interface Pull {
  failures: number;
  error: Waiting | undefined;
  /** Monotonic. */
  failedAt: number;
  running: boolean;
  /** The last one. */
  facts: ImagePull | undefined;
  readonly listeners: Set<() => void>;
  /** Runs with policy Always for which a pull has succeeded. */
  readonly pulledFor: Set<string>;
  readonly waitingFor: Set<string>;
}

export function createImages(client: ImageClient, clock: Clock): Images {
  const pulls = createPulls(client, clock);
  return {
    async ready(want, changed) {
      const { image: text, imagePullPolicy: policy } = want.container;
      const image = imageName(text);
      if (image === undefined) {
        return wait("InvalidImageName", `Failed to apply default image tag "${text}": couldn't parse image name`);
      }
      const pull = pulls.of(image, registryAuth(image, want.credentials));
      let present: boolean;
      try {
        present = (await client.image(image.full)) !== undefined;
      } catch (error) {
        if (engineIsAway(error)) throw error;
        return wait("ImageInspectError", asProviderError(error).message);
      }
      if (present && (policy !== "Always" || pull.hasServed(want.run)))
        return { reference: image.full, pull: pull.factsFor(want.run) };
      if (policy === "Never") {
        return wait("ErrImageNeverPull", `Container image "${text}" is not present with pull policy of Never`);
      }
      return pull.wait(want, changed);
    },
    forget: (runOrTask) => pulls.forget(runOrTask),
    close: () => pulls.close(),
  };
}

/** A container's own image, and by volume those that it mounts: all of them, or what the first that is not there waits for. */
export async function imagesOf(
  images: Images,
  { imageVolumes = [], pullCredentials: credentials }: TaskSpec,
  container: ContainerSpec,
  { run, changed }: { readonly run: string; readonly changed: () => void },
): Promise<(ImageReady & { readonly mounted: ReadonlyMap<string, string> }) | ImageWait> {
  const own = await images.ready({ container, credentials, run }, changed);
  if (own.waiting !== undefined) return own;
  const mounted = new Map<string, string>();
  for (const volume of imageVolumes) {
    if (!container.mounts.some((mount) => mount.volume === volume.name)) continue;
    const found = await images.ready({ container: volume, credentials, run }, changed);
    if (found.waiting !== undefined) return found;
    mounted.set(volume.name, found.reference);
  }
  return { reference: own.reference, pull: own.pull, mounted };
}

/** Pulls under way or failed: one at a time for each image and credential. */
function createPulls(client: ImageClient, clock: Clock) {
  const pulls = new Map<string, Pull>();
  const closing = new AbortController();

  async function run(image: ImageName, auth: string | undefined, pull: Pull): Promise<void> {
    const served = [...pull.waitingFor];
    pull.running = true;
    const startedAt = clock.now();
    pull.facts = { startedAt };
    try {
      await client.pull(image.full, auth, closing.signal);
      const found = await client.image(image.full);
      if (found === undefined) throw new Error(`the engine has pulled ${image.full} and yet has it not`);
      pull.facts = { startedAt, finishedAt: clock.now(), bytes: found.Size };
      pull.failures = 0;
      pull.error = undefined;
      for (const name of served) pull.pulledFor.add(name);
    } catch (error) {
      pull.failures += 1;
      pull.failedAt = clock.monotonic();
      pull.error = { is: "waiting", reason: "ErrImagePull", message: asProviderError(error).message };
    }
    pull.running = false;
    const listeners = closing.signal.aborted ? [] : [...pull.listeners];
    pull.listeners.clear();
    for (const listener of listeners) listener();
  }

  return {
    /** Another password is another pull: one pod neither waits for, nor profits from, the credentials of another. */
    of(image: ImageName, auth: string | undefined) {
      const key = `${image.full} ${auth ?? ""}`;
      return {
        factsFor(run: string): ImagePull | undefined {
          const pull = pulls.get(key);
          return pull?.waitingFor.has(run) === true ? pull.facts : undefined;
        },
        hasServed: (run: string): boolean => pulls.get(key)?.pulledFor.has(run) ?? false,
        wait(want: ImageWant, changed: () => void): ImageWait {
          const pull = pulls.get(key) ?? newPull();
          pulls.set(key, pull);
          pull.waitingFor.add(want.run);
          const age = clock.monotonic() - pull.failedAt;
          const due = pull.failures === 0 || age >= backOff(pull.failures);
          if (due && !pull.running) void run(image, auth, pull);
          if (pull.running) pull.listeners.add(changed);
          const fresh = !pull.running && pull.failures === 1 && age < errorShown;
          const lookIn = pull.running ? undefined : (fresh ? errorShown : backOff(pull.failures)) - age;
          return { waiting: pullWaiting(pull.error, fresh, want.container.image), pull: pull.facts, lookIn };
        },
      };
    },
    forget(runOrTask: string): void {
      for (const [key, pull] of pulls) {
        for (const runs of [pull.pulledFor, pull.waitingFor]) {
          for (const run of runs) if (run === runOrTask || run.startsWith(`${runOrTask}/`)) runs.delete(run);
        }
        if (pull.waitingFor.size === 0 && !pull.running) pulls.delete(key);
      }
    },
    close: () => closing.abort(new Error("the runtime is closed")),
  };
}

function pullWaiting(error: Waiting | undefined, fresh: boolean, image: string): Waiting {
  if (error === undefined) return { is: "waiting", reason: "ContainerCreating" };
  if (fresh) return error;
  const message = `Back-off pulling image "${image}": ${error.message}`;
  return { is: "waiting", reason: "ImagePullBackOff", message };
}

function newPull(): Pull {
  return {
    failures: 0,
    error: undefined,
    failedAt: 0,
    running: false,
    facts: undefined,
    listeners: new Set(),
    pulledFor: new Set(),
    waitingFor: new Set(),
  };
}

function backOff(failures: number): number {
  return Math.min(firstBackOff * 2 ** (failures - 1), longestBackOff);
}

function wait(reason: string, message: string): ImageWait {
  return { waiting: { is: "waiting", reason, message }, lookIn: firstBackOff };
}
