import type { Clock } from "../../../src/model/clock.ts";
import type { FunctionVersion } from "../functions.ts";
import type { Environment } from "./environment.ts";

/** Environments that wait for their next invocation; the one that has waited least is taken first. */
export interface Warm {
  take(version: FunctionVersion): Environment | undefined;
  put(environment: Environment): void;
  readonly all: readonly Environment[];
  close(): Promise<void>;
}

/** `idle`: seconds for which one waits at most. */
export function createWarm(clock: Clock, idle: () => number): Warm {
  const waiting = new Map<FunctionVersion, Entry[]>();
  return {
    take(version) {
      for (let entry = waiting.get(version)?.pop(); entry !== undefined; entry = waiting.get(version)?.pop()) {
        entry.forget();
        if (!entry.environment.isOver) return entry.environment;
        void entry.environment.close();
      }
      return undefined;
    },
    put(environment) {
      environment.freeze();
      const own = waiting.get(environment.version) ?? [];
      waiting.set(environment.version, own);
      const forget = clock.after(idle() * 1000, () => {
        own.splice(own.indexOf(entry), 1);
        void environment.close();
      });
      const entry = { environment, forget };
      own.push(entry);
    },
    get all() {
      return [...waiting.values()].flat().map(({ environment }) => environment);
    },
    async close() {
      const left = [...waiting.values()].flat();
      waiting.clear();
      for (const { forget } of left) forget();
      await Promise.all(left.map(async ({ environment }) => environment.close()));
    },
  };
}

interface Entry {
  readonly environment: Environment;
  readonly forget: () => void;
}
