/** The rounds of the benchmark of ACI: creations and deletions against their windows, and reads of groups that run. */
import type { TaskState } from "../../../src/provider.ts";
import { eventually } from "../../support/eventually.ts";
import { percentile } from "../measure.ts";
import { type Azure, identityOf, openAzure } from "./azure.ts";
import { callsOf, isCreation, isDeletion, secondsAllowed, secondsBetween, throttleAnswers } from "./measure.ts";

/** Seconds of the clock of the round. */
export interface WriteRound {
  readonly groups: number;
  /** Seconds of that clock in one of the machine's. */
  readonly rate: number;
  /** What the windows need. */
  readonly allowed: number;
  readonly created: number;
  readonly deleted: number;
  readonly throttled: number;
}

export interface ReadRound {
  readonly groups: number;
  /** Reads of one group, and reads of any kind, a second, while every group ran and nothing happened. */
  readonly getsPerSecond: number;
  readonly readsPerSecond: number;
  /** The second of the two, while somebody asks what the groups use, those too that were started at last. */
  readonly withUsagePerSecond: number;
  /** Of as many more that start beside them: seconds from the start of a container until the node heard of it. */
  readonly startSeen: { readonly p50: number; readonly most: number };
  /** Seconds from a restart among steady groups until the node heard of it. */
  readonly changeSeen: { readonly p50: number; readonly most: number };
  readonly throttled: number;
}

const patienceMs = 600_000;
/** Seconds for which groups rest, before what they cost is measured and while it is. */
const restSeconds = 60;
const askSeconds = 15;
/** How many of the steady groups are moved, and how many start beside them. */
const few = 50;

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

/** All are launched at once, and when each is there all are deleted at once. */
export async function writeRound(groups: number, rate: number): Promise<WriteRound> {
  const azure = await openAzure(rate);
  try {
    const { ledger, calls } = azure.cloud;
    const identities = numbers(groups).map(identityOf);
    await Promise.all(identities.map(async (identity) => azure.launch(identity)));
    const created = secondsBetween(ledger.entries, isCreation);
    await Promise.all(identities.map(async (identity) => azure.remove(identity)));
    const deleted = secondsBetween(ledger.entries, isDeletion);
    return { groups, rate, allowed: secondsAllowed(groups), created, deleted, throttled: throttleAnswers(calls.all) };
  } finally {
    await azure.close();
  }
}

/** In real time, with windows of writes that hold nobody up. */
export async function readRound(groups: number): Promise<ReadRound> {
  const wide = { fiveMinutes: 10_000, hour: 20_000 };
  const azure = await openAzure(1, { creates: wide, deletes: wide });
  try {
    await startAll(azure, numbers(groups));
    await azure.clock.sleep(restSeconds * 1000);
    const quiet = await readsOf(azure, async () => azure.clock.sleep(restSeconds * 1000));
    const changes = await seenChanges(azure);
    const more = numbers(few).map((number) => groups + number);
    const starts = await startAll(azure, more);
    // The first question begins the readings, which go on for a while.
    await azure.askUsage();
    const asked = await readsOf(azure, async () => askForUsage(azure));
    return {
      groups,
      getsPerSecond: quiet("arm:GetContainerGroup"),
      readsPerSecond: quiet("arm:Get", "arm:List"),
      withUsagePerSecond: asked("arm:Get", "arm:List"),
      changeSeen: spread(changes),
      startSeen: spread(starts),
      throttled: throttleAnswers(azure.cloud.calls.all),
    };
  } finally {
    await azure.close();
  }
}

/** Calls a second of operations with these beginnings, while that is done. */
async function readsOf(
  { cloud, clock }: Azure,
  meanwhile: () => Promise<void>,
): Promise<(...operations: string[]) => number> {
  const before = structuredClone(cloud.calls.all);
  const begun = clock.monotonic();
  await meanwhile();
  const seconds = (clock.monotonic() - begun) / 1000;
  const after = structuredClone(cloud.calls.all);
  return (...operations) => (callsOf(after, ...operations) - callsOf(before, ...operations)) / seconds;
}

/** For a minute and more, as often as metrics-server asks a node by default. */
async function askForUsage({ clock, askUsage }: Azure): Promise<void> {
  for (let times = 0; times < 5; times++) {
    await clock.sleep(askSeconds * 1000);
    await askUsage();
  }
}

function spread(seconds: readonly number[]): { p50: number; most: number } {
  return { p50: percentile(seconds, 0.5), most: Math.max(...seconds) };
}

/** Seconds from the start of each group's container until the first picture that tells of it. */
async function startAll({ clock, launch, onPicture }: Azure, which: readonly number[]): Promise<number[]> {
  const seen = new Map<string, number>();
  const ours = new Set(which.map((number) => identityOf(number).podUid));
  onPicture(({ identity: { podUid }, containers: [main] }: TaskState) => {
    if (main?.state.is !== "running" || seen.has(podUid) || !ours.has(podUid)) return;
    seen.set(podUid, (clock.now() - main.state.startedAt) / 1000);
  });
  await Promise.all(which.map(async (number) => launch(identityOf(number))));
  await eventually("every group is seen running", () => seen.size === which.length, patienceMs);
  return [...seen.values()];
}

/** Azure moves some of the groups to other machines, one after another: seconds until each is heard of. */
async function seenChanges({ cloud, clock, onPicture }: Azure): Promise<number[]> {
  const movedAt = new Map<string, number>();
  const seen = new Map<string, number>();
  onPicture(({ identity: { podUid }, containers: [main] }: TaskState) => {
    const at = movedAt.get(podUid);
    if (at === undefined || seen.has(podUid) || (main?.instance ?? 0) === 0) return;
    seen.set(podUid, (clock.now() - at) / 1000);
  });
  const made = cloud.ledger.entries.flatMap((entry) =>
    entry.event === "group put" && entry.outcome === "created" ? [entry] : [],
  );
  for (const { group, tags } of made.slice(0, few)) {
    movedAt.set(tags["burstlet-pod-uid"] ?? "", clock.now());
    cloud.groups.restart(group, 7147);
    await clock.sleep(200);
  }
  await eventually("every restart is seen", () => seen.size === movedAt.size, patienceMs);
  return [...seen.values()];
}
