/** Numbers from what the stand-in for Azure has seen. Pure. */
import type { LedgerEntry } from "../../../localstack/ledger.ts";

/** Calls at once, then as many in so many seconds: one window of Azure's for creations, and one like it for deletions. */
export interface Window {
  readonly calls: number;
  readonly seconds: number;
}

/** What a subscription has that has asked for nothing (Azure's page of ACI's limits). */
const usualWindows: readonly Window[] = [
  { calls: 100, seconds: 300 },
  { calls: 300, seconds: 3_600 },
];

/** Seconds that the windows need for so many calls, when they come back bit by bit. */
export function secondsAllowed(calls: number, windows: readonly Window[] = usualWindows): number {
  const of = (window: Window): number => (Math.max(0, calls - window.calls) * window.seconds) / window.calls;
  return Math.max(...windows.map(of));
}

/** Seconds of the stand-in's clock from the first to the last entry that counts. */
export function secondsBetween(ledger: readonly LedgerEntry[], counts: (entry: LedgerEntry) => boolean): number {
  const times = ledger.filter(counts).map(({ at }) => at);
  return (Math.max(...times) - Math.min(...times)) / 1000;
}

export const isCreation = (entry: LedgerEntry): boolean => entry.event === "group put" && entry.outcome === "created";
export const isDeletion = (entry: LedgerEntry): boolean =>
  entry.event === "group delete" && entry.outcome === "deleting";

export type Calls = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Calls whose operation begins with one of these, whatever became of them. */
export function callsOf(calls: Calls, ...prefixes: readonly string[]): number {
  return Object.entries(calls)
    .filter(([operation]) => prefixes.some((prefix) => operation.startsWith(prefix)))
    .flatMap(([, outcomes]) => Object.values(outcomes))
    .reduce((sum, count) => sum + count, 0);
}

/** Answers of 429 to calls of Azure of any kind. */
export function throttleAnswers(calls: Calls): number {
  return Object.values(calls).reduce((sum, outcomes) => sum + (outcomes["SubscriptionRequestsThrottled"] ?? 0), 0);
}
