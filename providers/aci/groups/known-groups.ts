import { isDeepStrictEqual } from "node:util";
import { type Clock, type TaskIdentity, type TaskRef, type TaskState, withSeenEnds } from "../../../src/provider.ts";
import { withFarewell } from "../farewell/words.ts";
import type { ContainerGroup } from "./shapes.ts";

/** One group of this node that Azure is known to have. */
export interface KnownGroup {
  readonly name: string;
  readonly location: string;
  /** The picture of it that the core has been told. */
  readonly state: TaskState;
  /** What it was made from: the last answer that told of states. */
  readonly group: ContainerGroup;
  /** Monotonic milliseconds: when it became known, came into its phase, was last asked for, and was last answered. */
  readonly knownAt: number;
  readonly since: number;
  readonly askedAt: number;
  readonly seenAt: number;
  /** Monotonic milliseconds: since when Azure says that it cannot be provisioned, while nothing of it has run. */
  readonly failedAt?: number | undefined;
  /** Its end has been asked for, by a stop or a deletion. */
  readonly ending?: { readonly at: number; readonly by: "stop" | "delete" } | undefined;
  /** Its containers are asked to end by themselves: no end of theirs is followed by another run. */
  readonly farewell?: Farewell | undefined;
  /** Azure has it no more, and the core is still to hear of its end. */
  readonly removed?: boolean | undefined;
}

/** What has come of asking the containers of a group to end. */
export interface Farewell {
  /** Monotonic milliseconds. */
  readonly at: number;
  /** Why preStop hooks have failed, by container. */
  readonly hookFailures: Readonly<Record<string, string>>;
  /** Why a container could not be asked, by container. */
  readonly deaf: Readonly<Record<string, string>>;
}

/** Every group of this node that Azure has told of: what launching, watching, streams and stopping share. */
export interface Groups {
  /**
   * An answer that was asked for at `askedAt` (monotonic). Returns the picture to tell, or `undefined` when it is no news:
   * nothing has changed, a younger answer is known, it is not this node's, tells nothing of states, or has ended before.
   */
  put(group: ContainerGroup, askedAt: number): TaskState | undefined;
  /** It was asked for in vain: others come first. */
  missed(name: string): void;
  /** Its end is asked for now; `undefined`: that has failed. */
  ending(name: string, by: "stop" | "delete" | undefined): void;
  /** Its containers are asked to end, and this has come of it so far. Returns what to tell. */
  farewell(name: string, news: Partial<Omit<Farewell, "at">>): TaskState | undefined;
  /** Azure has it no more, and its last picture is that of an end. Returns what to tell. */
  removed(name: string, words: Pick<TaskState, "reason" | "message">): TaskState | undefined;
  forget(name: string): KnownGroup | undefined;
  get(name: string): KnownGroup | undefined;
  find(task: TaskRef): KnownGroup | undefined;
  values(): readonly KnownGroup[];
}

export interface GroupsOptions {
  /** As `observe`; `version` of what comes out does not count. */
  readonly observe: (
    group: ContainerGroup,
    before: TaskState | undefined,
    farewell: Farewell | undefined,
  ) => TaskState | undefined;
  readonly clock: Pick<Clock, "now" | "monotonic">;
}

export function createGroups({ observe, clock }: GroupsOptions): Groups {
  const groups = new Map<string, KnownGroup>();
  const names = new Map<string, string>();
  const change = (name: string, what: Partial<KnownGroup>): KnownGroup | undefined => {
    const known = groups.get(name);
    const changed = known && { ...known, ...what };
    if (changed !== undefined) groups.set(name, changed);
    return changed;
  };
  return {
    put(group, askedAt) {
      const name = nameOf(group);
      const known = groups.get(name);
      if (known !== undefined && (askedAt < known.askedAt || known.removed === true)) return undefined;
      const { knownAt = clock.monotonic(), ending, farewell } = known ?? {};
      const seen = observe(group, known?.state, farewell);
      if (seen === undefined) return undefined;
      const state = successor(known?.state, seen, clock.now());
      const now = clock.monotonic();
      const since = state.phase === known?.state.phase ? known.since : now;
      const location = group.location ?? known?.location ?? "";
      const failedAt = hasFailed(state) ? (known?.failedAt ?? now) : undefined;
      const times = { knownAt, since, askedAt, seenAt: now, failedAt };
      groups.set(name, { name, location, state, group, ...times, ending, farewell });
      names.set(keyOf(state.identity), name);
      return state === known?.state ? undefined : state;
    },
    missed: (name) => void change(name, { seenAt: clock.monotonic() }),
    ending(name, by) {
      change(name, { ending: by && { at: clock.monotonic(), by } });
    },
    farewell(name, news) {
      const known = groups.get(name);
      if (known === undefined) return undefined;
      const farewell = farewellWith(known.farewell ?? { at: clock.monotonic(), hookFailures: {}, deaf: {} }, news);
      const state = successor(known.state, withFarewell(known.state, farewell), clock.now());
      change(name, { state, farewell });
      return state === known.state ? undefined : state;
    },
    removed(name, words) {
      const known = groups.get(name);
      if (known === undefined || known.removed === true) return undefined;
      const state = known.state.phase === "stopped" ? known.state : withoutGroup(known.state, words, clock.now());
      change(name, { state, removed: true });
      return state === known.state ? undefined : state;
    },
    forget(name) {
      const known = groups.get(name);
      groups.delete(name);
      if (known !== undefined && names.get(keyOf(known.state.identity)) === name)
        names.delete(keyOf(known.state.identity));
      return known;
    },
    get: (name) => groups.get(name),
    find: ({ identity }) => groups.get(names.get(keyOf(identity)) ?? ""),
    values: () => [...groups.values()],
  };
}

/** Its name, which recorded answers have; else the end of its id. */
export function nameOf({ name, id }: ContainerGroup): string {
  return name ?? id?.split("/").at(-1) ?? "";
}

/**
 * What follows the known picture: itself when nothing has changed. What has stopped stays so: no status moves back, although
 * Azure may run a container again.
 */
function successor(known: TaskState | undefined, seen: TaskState, at: number): TaskState {
  if (known === undefined) return { ...seen, version: 1 };
  if (known.phase === "stopped") return known;
  const next = { ...withSeenEnds(known, seen, at), version: known.version };
  return isDeepStrictEqual(next, known) ? known : { ...next, version: known.version + 1 };
}

function farewellWith(before: Farewell, { hookFailures, deaf }: Partial<Farewell>): Farewell {
  return {
    ...before,
    hookFailures: { ...before.hookFailures, ...hookFailures },
    deaf: { ...before.deaf, ...deaf },
  };
}

function hasFailed({ phase, reason }: TaskState): boolean {
  return phase === "starting" && reason === "ProvisioningFailed";
}

/** How a group has ended that is not there any more: nobody knows of what ran in it. */
function withoutGroup(known: TaskState, words: Pick<TaskState, "reason" | "message">, at: number): TaskState {
  const containers = known.containers.map((container) =>
    container.state.is === "running"
      ? {
          ...container,
          state: {
            is: "terminated" as const,
            exitCode: undefined,
            reason: "ContainerStatusUnknown",
            message: "The group was deleted, and Azure does not tell how the container ended.",
            startedAt: container.state.startedAt,
            finishedAt: at,
          },
        }
      : container,
  );
  return { ...known, ...words, phase: "stopped", endedAt: at, containers, version: known.version + 1 };
}

function keyOf({ clusterUid, podUid, attempt }: TaskIdentity): string {
  return `${clusterUid}/${podUid}/${attempt}`;
}
