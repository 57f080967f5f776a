import { LRUCache } from "lru-cache";
import { type Clock, ProviderError } from "../../../src/provider.ts";
import type { Lambda } from "../client.ts";
import type { FunctionName } from "../request.ts";
import { type Account, type FunctionInfo, textOf } from "./function-info.ts";

/** So long what was read is believed: pods of one Job come by the hundred. */
const BELIEVED_MS = 30_000;

export interface KnownFunctions {
  /** Rejects with a ProviderError: `invalid` for a function that does not exist, which no wait will mend. */
  describe(name: FunctionName): Promise<FunctionInfo>;
  account(): Promise<Account>;
}

interface Read<T> {
  readonly at: number;
  readonly value: Promise<T>;
}

export function createKnownFunctions(
  client: Pick<Lambda, "describe" | "account">,
  clock: Pick<Clock, "monotonic">,
): KnownFunctions {
  const functions = new LRUCache<string, Read<FunctionInfo>>({ max: 1_000 });
  let account: Read<Account> | undefined;
  const isFresh = (read: Read<unknown> | undefined): read is Read<unknown> =>
    read !== undefined && clock.monotonic() - read.at < BELIEVED_MS;
  return {
    async describe(name) {
      const key = textOf(name);
      const known = functions.get(key);
      if (known !== undefined && isFresh(known)) return known.value;
      const value = client.describe(name).catch((error: unknown) => {
        functions.delete(key);
        throw missing(error, key);
      });
      functions.set(key, { at: clock.monotonic(), value });
      return value;
    },
    async account() {
      if (account !== undefined && isFresh(account)) return account.value;
      const value = client.account().catch((error: unknown) => {
        account = undefined;
        throw error;
      });
      account = { at: clock.monotonic(), value };
      return value;
    },
  };
}

function missing(error: unknown, name: string): unknown {
  if (!(error instanceof ProviderError) || error.kind !== "notFound") return error;
  const sentence = `function ${name} does not exist in this account and region: create it, or name another one (${error.message})`;
  return new ProviderError("invalid", "LambdaFunctionMissing", sentence, { cause: error });
}
