import type { Clock } from "../../model/clock.ts";
import { asProviderError, type ProviderErrorKind } from "../../model/provider-error.ts";
import type { Launch, Provider } from "../../provider.ts";

/** Told after each call of the provider. */
export interface CallSeen {
  readonly operation: Operation;
  readonly seconds: number;
  /** `undefined`: it went well. */
  readonly error: ProviderErrorKind | undefined;
  /** Of a launch: the nth for its pod. */
  readonly attempt: number | undefined;
}

/** Calls that end by themselves; of exec, attach and forward it is how they begin, not their stream. */
const operations = [
  "launch",
  "stop",
  "list",
  "capacity",
  "restart",
  "kill",
  "addContainers",
  "update",
  "passStartup",
  "stats",
  "exec",
  "attach",
  "forward",
] as const;
type Operation = (typeof operations)[number];

/** The same provider, each of its calls told to `seen`. A method that it lacks stays absent: presence is the capability. */
export function measuredProvider(provider: Provider, clock: Clock, seen: (call: CallSeen) => void): Provider {
  const measured = new Map<PropertyKey, (...args: unknown[]) => Promise<unknown>>();
  for (const operation of operations) {
    const method = provider[operation] as ((...args: unknown[]) => Promise<unknown>) | undefined;
    if (method === undefined) continue;
    measured.set(operation, async (...args) => {
      const begun = clock.monotonic();
      const attempt = operation === "launch" ? (args[0] as Launch<unknown>).identity.attempt : undefined;
      const tell = (error: ProviderErrorKind | undefined): void =>
        seen({ operation, seconds: (clock.monotonic() - begun) / 1000, error, attempt });
      try {
        const result = await method.apply(provider, args);
        tell(undefined);
        return result;
      } catch (error) {
        tell(asProviderError(error).kind);
        throw error;
      }
    });
  }
  // `support` may be a getter whose answer changes, so a copy would not do; an empty target, because a proxy must show a
  // frozen one's methods as they are.
  return new Proxy({} as Provider, {
    get(_, key) {
      const value: unknown = measured.get(key) ?? Reflect.get(provider, key);
      return typeof value === "function" ? (value.bind(provider) as unknown) : value;
    },
    has: (_, key) => Reflect.has(provider, key),
  });
}
