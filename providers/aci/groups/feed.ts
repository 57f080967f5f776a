/**
 * Tells what becomes of this node's groups. Azure's list says which there are and whether something is done to them, but of
 * no container: for that each group is read, as often as the schedule says and never more than the budget allows.
 */
import {
  asProviderError,
  type Clock,
  createWatchers,
  type Log,
  type TaskFeed,
  type TaskState,
} from "../../../src/provider.ts";
import type { GroupsClient } from "../arm/groups.ts";
import { identityOf, type Owner } from "../names.ts";
import { dutyOf, scheduled } from "./duties.ts";
import { type Groups, type KnownGroup, nameOf } from "./known-groups.ts";
import { BUDGET, dueGroups, STEADY_PER_SECOND } from "./schedule.ts";
import type { ContainerGroup } from "./shapes.ts";

const LOOK_MS = 500;
/** One read of many groups; whoever deletes or makes one behind our back is found by it. */
const LIST_MS = 30_000;
/** Reads of groups that nobody knew, at once. */
const AT_ONCE = 32;
/** A GET may not find a group yet that was made a moment ago. */
const YOUNG_MS = 30_000;
/** So many reads in a row that fail are trouble of Azure, and not of one group. */
const FAILURES = 3;
const TROUBLE_FIRST_MS = 1_000;
const TROUBLE_LONGEST_MS = 30_000;

export interface FeedOptions {
  readonly client: Pick<GroupsClient, "list" | "read" | "remove" | "stop">;
  readonly groups: Groups;
  readonly owner: Owner;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Feed {
  /** As Provider.list: what is not known yet is read, and what Azure has no more is forgotten. */
  list(signal?: AbortSignal): Promise<readonly TaskState[]>;
  /** As Provider.watch. */
  watch(feed: TaskFeed, signal: AbortSignal): Promise<void>;
  /** What Azure has answered to what was asked at `askedAt`. Returns the group as it is known now. */
  told(group: ContainerGroup, askedAt: number): KnownGroup | undefined;
  /** Reads one group now. */
  read(name: string, signal?: AbortSignal): Promise<void>;
  /** Asks for the end of a group; rejects when it is not asked for. */
  end(name: string, by: "stop" | "delete"): Promise<void>;
  /** As `Groups.farewell`, and told. */
  farewell(name: string, news: Parameters<Groups["farewell"]>[1]): void;
  /** Azure has it no more: told, and forgotten. */
  gone(name: string): void;
}

export function createFeed(options: FeedOptions): Feed {
  return new Watching(options);
}

class Watching implements Feed {
  readonly #options: FeedOptions;
  readonly #watchers = createWatchers();
  readonly #reading = new Set<string>();
  readonly #ending = new Map<string, Promise<void>>();
  /** To be read at the next look, whatever the schedule says. */
  readonly #urgent = new Set<string>();
  #looking: Promise<void> | undefined;
  #listedAt = -Infinity;
  #failures = 0;
  #pace = { all: BUDGET, steady: STEADY_PER_SECOND, at: -Infinity };

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  async list(signal?: AbortSignal): Promise<readonly TaskState[]> {
    const { client, clock, groups } = this.#options;
    const startedAt = clock.monotonic();
    const listed = new Map((await client.list(signal)).map((group) => [nameOf(group), group]));
    const unknown = [...listed.keys()].filter((name) => groups.get(name) === undefined);
    const older = groups.values().filter(({ askedAt, removed }) => askedAt < startedAt && removed !== true);
    const missing = older.filter(({ name }) => !listed.has(name)).map(({ name }) => name);
    await inTurn([...unknown, ...missing], async (name) => this.read(name, signal));
    for (const { name, group } of older) {
      const seen = listed.get(name)?.properties?.provisioningState;
      if (listed.has(name) && seen !== group.properties?.provisioningState) this.#urgent.add(name);
    }
    this.#listedAt = startedAt;
    return groups.values().map(({ state }) => state);
  }

  async watch(feed: TaskFeed, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const present = this.#options.groups.values().map(({ state }) => state);
    const isSynced = this.#looking !== undefined && this.#listedAt > -Infinity;
    const joined = this.#watchers.join(feed, present, isSynced, signal);
    this.#looking ??= this.#look().finally(() => (this.#looking = undefined));
    await joined;
  }

  told(group: ContainerGroup, askedAt: number): KnownGroup | undefined {
    const { groups } = this.#options;
    this.#watchers.task(groups.put(group, askedAt));
    return groups.get(nameOf(group));
  }

  async read(name: string, signal?: AbortSignal): Promise<void> {
    const { client, clock, groups, owner, log } = this.#options;
    const askedAt = clock.monotonic();
    const group = await client.read(name, signal);
    if (group === undefined) return this.#absent(name);
    // Somebody has taken its marks away, and what carries none is nobody's business here.
    if (identityOf(group.tags ?? undefined, owner) === undefined) return this.gone(name);
    this.told(group, askedAt);
    const known = groups.get(name);
    const duty = known && dutyOf(known, clock.monotonic());
    if (duty === undefined) return;
    this.end(name, duty).catch((error: unknown) => log.warn("a container group cannot be ended", { name, error }));
  }

  async end(name: string, by: "stop" | "delete"): Promise<void> {
    const key = `${by} ${name}`;
    // It may wait in its bucket for long.
    const asked = this.#ending.get(key) ?? this.#end(name, by).finally(() => this.#ending.delete(key));
    this.#ending.set(key, asked);
    return asked;
  }

  async #end(name: string, by: "stop" | "delete"): Promise<void> {
    const { client, groups } = this.#options;
    groups.ending(name, by);
    try {
      if (by === "stop") await client.stop(name);
      else if ((await client.remove(name)) === "gone") this.#absent(name);
      // From now on its end is looked for.
      groups.ending(name, by);
    } catch (error) {
      groups.ending(name, undefined);
      throw error;
    }
  }

  farewell(name: string, news: Parameters<Groups["farewell"]>[1]): void {
    this.#watchers.task(this.#options.groups.farewell(name, news));
  }

  gone(name: string): void {
    const known = this.#options.groups.forget(name);
    this.#urgent.delete(name);
    if (known !== undefined) this.#watchers.gone(known.state.identity);
  }

  /** Azure does not find it. What we have deleted before it had ended has ended now; everything else is gone. */
  #absent(name: string): void {
    const { groups, clock } = this.#options;
    const known = groups.get(name);
    if (known === undefined || known.removed === true) return;
    const { state, ending, failedAt, knownAt } = known;
    if (failedAt !== undefined || (ending?.by === "delete" && state.phase !== "stopped")) {
      const { reason, message } = failedAt === undefined ? {} : state;
      return this.#watchers.task(groups.removed(name, { reason, message }));
    }
    if (ending === undefined && clock.monotonic() - knownAt < YOUNG_MS) return groups.missed(name);
    this.gone(name);
  }

  /** Goes on while anybody watches. */
  async #look(): Promise<void> {
    const { clock } = this.#options;
    while (this.#watchers.count > 0) await clock.sleep(await this.#lookOnce());
    this.#listedAt = -Infinity;
  }

  /** Returns the milliseconds until the next look. */
  async #lookOnce(): Promise<number> {
    const { clock, log } = this.#options;
    if (clock.monotonic() - this.#listedAt >= LIST_MS || this.#watchers.trouble !== undefined) {
      try {
        await this.list();
        this.#succeeded();
        this.#watchers.synced();
      } catch (error) {
        log.warn("container groups cannot be listed", { error });
        return this.#failed(error, true);
      }
    }
    for (const name of this.#dueNow()) void this.#readAndTell(name);
    return LOOK_MS;
  }

  /** Within the budget: what it did not use for a second is lost. */
  #dueNow(): readonly string[] {
    const { clock, groups } = this.#options;
    const now = clock.monotonic();
    const seconds = (now - this.#pace.at) / 1000;
    const all = Math.min(BUDGET, this.#pace.all + seconds * BUDGET);
    const steady = Math.min(STEADY_PER_SECOND, this.#pace.steady + seconds * STEADY_PER_SECOND);
    const isFree = (name: string): boolean => !this.#reading.has(name);
    const due = dueGroups(groups.values().map(scheduled), now);
    const quick = [...new Set([...this.#urgent, ...due.quick])].filter(isFree).slice(0, Math.floor(all));
    const others = due.steady.filter((name) => isFree(name) && !quick.includes(name));
    const slow = others.slice(0, Math.floor(Math.min(steady, all - quick.length)));
    this.#pace = { all: all - quick.length - slow.length, steady: steady - slow.length, at: now };
    for (const name of quick) this.#urgent.delete(name);
    return [...quick, ...slow];
  }

  /** Never rejects: one group that cannot be read is read again in its turn. */
  async #readAndTell(name: string): Promise<void> {
    const { groups, log } = this.#options;
    this.#reading.add(name);
    try {
      await this.read(name);
      this.#succeeded();
    } catch (error) {
      groups.missed(name);
      log.warn("a container group cannot be read", { name, error });
      this.#failed(error, false);
    } finally {
      this.#reading.delete(name);
    }
  }

  #succeeded(): void {
    this.#failures = 0;
    this.#watchers.health(undefined);
  }

  /** Returns the milliseconds to wait. That Azure asks for patience slows the bucket down and is no trouble. */
  #failed(error: unknown, isList: boolean): number {
    const trouble = asProviderError(error);
    this.#failures++;
    if (trouble.kind !== "throttled" && (isList || this.#failures >= FAILURES)) this.#watchers.health(trouble);
    const asked = (trouble.retryAfter ?? 0) * 1000;
    return Math.min(Math.max(asked, TROUBLE_FIRST_MS * 2 ** (this.#failures - 1)), TROUBLE_LONGEST_MS);
  }
}

/** A few at a time; rejects as soon as one does. */
async function inTurn(names: readonly string[], work: (name: string) => Promise<void>): Promise<void> {
  const left = [...names];
  const worker = async (): Promise<void> => {
    for (let name = left.shift(); name !== undefined; name = left.shift()) await work(name);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, names.length) }, worker));
}
