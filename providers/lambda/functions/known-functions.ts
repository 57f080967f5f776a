import { LRUCache } from "lru-cache";
import { type Clock, ProviderError } from "../../../src/provider.ts";
import type { Lambda } from "../client.ts";
import type { EventConfig } from "../event/verdict.ts";
import { type FunctionName, textOf } from "../request.ts";
import type { Account, FunctionInfo } from "./function-info.ts";

/** So long what was read is believed: pods of one Job come by the hundred. */
const BELIEVED_MS = 30_000;

export interface KnownFunctions {
  /** Rejects with a ProviderError: `invalid` for a function that does not exist, which no wait will mend. */
  describe(name: FunctionName): Promise<FunctionInfo>;
  /** Of events of this function. */
  eventConfig(name: FunctionName): Promise<EventConfig>;
  account(): Promise<Account>;
}

interface Read<T> {
  readonly at: number;
  readonly value: Promise<T>;
}

export function createKnownFunctions(
  client: Pick<Lambda, "describe" | "account" | "eventConfig">,
  clock: Pick<Clock, "monotonic">,
): KnownFunctions {
  /** What was read is kept for a while, what could not be read is not. */
  const kept = <T>(
    read: (name: FunctionName) => Promise<T>,
    meaningOf: (error: unknown, name: string) => unknown = (error) => error,
  ): ((name: FunctionName) => Promise<T>) => {
    const all = new LRUCache<string, Read<T>>({ max: 1_000 });
    return async (name) => {
      const key = textOf(name);
      const known = all.get(key);
      if (known !== undefined && clock.monotonic() - known.at < BELIEVED_MS) return known.value;
      const value = read(name).catch((error: unknown) => {
        all.delete(key);
        throw meaningOf(error, key);
      });
      all.set(key, { at: clock.monotonic(), value });
      return value;
    };
  };
  const account = kept(async () => client.account());
  return {
    describe: kept(async (name) => client.describe(name), missing),
    eventConfig: kept(async (name) => client.eventConfig(name)),
    account: async () => account({ name: "", qualifier: undefined }),
  };
}

function missing(error: unknown, name: string): unknown {
  if (!(error instanceof ProviderError) || error.kind !== "notFound") return error;
  const sentence = `function ${name} does not exist in this account and region: create it, or name another one (${error.message})`;
  return new ProviderError("invalid", "LambdaFunctionMissing", sentence, { cause: error });
}
