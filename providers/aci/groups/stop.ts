import {
  asProviderError,
  type Clock,
  type ProviderError,
  type Pod,
  type ProviderErrorKind,
  type TaskRef,
} from "../../../src/provider.ts";
import { isEnding } from "./duties.ts";
import type { Feed } from "./feed.ts";
import type { Groups, KnownGroup } from "./known-groups.ts";

/**
 * Lets the containers of a group end by themselves: their preStop hooks, then SIGTERM. `pod`: whose hooks they are. Resolves
 * once Azure may kill what is left, because everything has ended or nothing more can be done. Aborted when the grace is over,
 * and resolves soon after that. Never rejects.
 */
export type Soften = (known: KnownGroup, pod: Pod | undefined, signal: AbortSignal) => Promise<void>;

export interface StopOptions {
  readonly feed: Pick<Feed, "list" | "end" | "gone">;
  readonly groups: Groups;
  readonly clock: Clock;
  readonly soften: Soften;
}

export type Stop = (
  task: TaskRef,
  how: { readonly graceSeconds: number; readonly discard: boolean },
  pod?: Pod,
) => Promise<"stopping" | "stopped" | "gone">;

/** Kinds of refusals of a stop after which another one would be refused too. */
const final: ReadonlySet<ProviderErrorKind> = new Set(["invalid", "refused"]);
/** Milliseconds after the grace at which Azure kills what is left, whatever is still under way: a last SIGTERM. */
const LAST_MS = 5_000;
/** Milliseconds until a group in transition is asked again, where Azure does not say. */
const TRANSITION_MS = 5_000;

/**
 * Ends a group by Azure's stop, which keeps what has become of its containers, and deletes it once that is recorded. One that
 * still starts is deleted at once, because Azure does not stop it: what is known of it is told as its end.
 */
export function createStop(options: StopOptions): Stop {
  const { feed, groups, clock } = options;
  const farewells = new Map<string, Farewell>();
  const failures = new Map<string, ProviderError>();
  /** Monotonic milliseconds before which a group in transition is left alone. */
  const waits = new Map<string, number>();

  /** Asked for and not waited for: it may wait in its bucket for long. What goes wrong is told at the next call. */
  const end = (name: string, by: "stop" | "delete"): void => {
    feed.end(name, by).catch((error: unknown) => {
      const failure = asProviderError(error);
      if (by === "stop" && final.has(failure.kind)) return end(name, "delete");
      if (failure.kind !== "conflict") return void failures.set(name, failure);
      waits.set(name, clock.monotonic() + (failure.retryAfter ?? TRANSITION_MS / 1000) * 1000);
    });
  };
  const killed = (name: string): void => {
    const known = groups.get(name);
    if (known !== undefined && known.state.phase !== "stopped" && known.ending === undefined) end(name, "stop");
  };
  const find = async (task: TaskRef): Promise<KnownGroup | undefined> => {
    const known = groups.find(task);
    if (known !== undefined) return known;
    // Nobody has told of it: one that is not in the list either was never made.
    await feed.list();
    return groups.find(task);
  };

  return async (task, { graceSeconds, discard }, pod) => {
    const known = await find(task);
    if (known === undefined) return "gone";
    const { name, state, ending } = known;
    const failure = failures.get(name);
    failures.delete(name);
    if (failure !== undefined) throw failure;
    const now = clock.monotonic();
    const isAsked = isEnding(known, now) || now < (waits.get(name) ?? 0);
    if (state.phase === "stopped") {
      farewells.delete(name);
      waits.delete(name);
      if (!discard) return "stopped";
      if (known.removed === true) {
        feed.gone(name);
        return "gone";
      }
      if (!(isAsked && ending?.by === "delete")) end(name, "delete");
    } else if (ending?.by === "delete" || state.phase === "starting") {
      if (!isAsked) end(name, "delete");
    } else {
      const farewell = farewells.get(name) ?? new Farewell(options, () => killed(name));
      if (!farewells.has(name) && graceSeconds > 0) farewell.begin(known, pod);
      farewells.set(name, farewell);
      farewell.hurry(graceSeconds);
      // A stop that shows no effect: then the group goes with what is known of it.
      if (farewell.isOver && !isAsked) end(name, ending === undefined ? "stop" : "delete");
    }
    return groups.get(name) === undefined ? "gone" : "stopping";
  };
}

/** One group that is given time to end. */
class Farewell {
  readonly #clock: Clock;
  readonly #soften: Soften;
  readonly #then: () => void;
  readonly #late = new AbortController();
  #killAt = Infinity;
  #isOver = false;

  constructor({ clock, soften }: StopOptions, then: () => void) {
    this.#clock = clock;
    this.#soften = soften;
    this.#then = then;
  }

  begin(known: KnownGroup, pod: Pod | undefined): void {
    void this.#soften(known, pod, this.#late.signal).then(() => this.#over());
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** A later call with less grace shortens it. */
  hurry(graceSeconds: number): void {
    const killAt = this.#clock.monotonic() + graceSeconds * 1000;
    if (killAt >= this.#killAt) return;
    this.#killAt = killAt;
    if (graceSeconds <= 0) return this.#over();
    this.#clock.after(graceSeconds * 1000, () => {
      this.#late.abort();
      this.#clock.after(LAST_MS, () => this.#over());
    });
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#late.abort();
    this.#then();
  }
}
