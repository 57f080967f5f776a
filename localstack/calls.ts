/** How often each operation was called, by outcome: `ok`, the type of an error, or `cut`. */
export interface CallCounts {
  count(call: string, outcome: string): void;
  /** `ecs:RunTask` to outcomes with their numbers. */
  readonly all: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** All calls of one operation, whatever became of them. */
  of(call: string): number;
}

export function createCallCounts(): CallCounts {
  const all: Record<string, Record<string, number>> = {};
  return {
    all,
    count(call, outcome) {
      const outcomes = (all[call] ??= {});
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    },
    of: (call) => Object.values(all[call] ?? {}).reduce((sum, count) => sum + count, 0),
  };
}
