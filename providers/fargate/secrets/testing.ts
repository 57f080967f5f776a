/** Secrets Manager in memory, with the ends that a test gives its calls. */
import type { ProviderError } from "../../../src/provider.ts";
import type { SecretsClient } from "./stores/client.ts";

export interface MemoryVault extends SecretsClient {
  /** What is there: contents by name. */
  readonly stored: Map<string, string>;
  /** Calls with their names, oldest first. */
  readonly calls: string[];
  /** The next calls of that kind reject with these. */
  readonly failures: { readonly call: keyof SecretsClient; readonly error: ProviderError }[];
}

export const arnOf = (name: string): string => `arn:aws:secretsmanager:us-east-1:123456789012:secret:${name}-AbCdEf`;

export function memoryVault(): MemoryVault {
  const stored = new Map<string, string>();
  const calls: string[] = [];
  const failures: MemoryVault["failures"] = [];
  const called = async (call: keyof SecretsClient, name: string): Promise<void> => {
    calls.push(`${call} ${name}`);
    await Promise.resolve();
    const at = failures.findIndex((one) => one.call === call);
    const [failure] = at < 0 ? [] : failures.splice(at, 1);
    if (failure !== undefined) throw failure.error;
  };
  return {
    stored,
    calls,
    failures,
    async create(name, content) {
      await called("create", name);
      if (stored.has(name)) return undefined;
      stored.set(name, content.reveal());
      return arnOf(name);
    },
    async arnOf(name) {
      await called("arnOf", name);
      return stored.has(name) ? arnOf(name) : undefined;
    },
    async read(name) {
      await called("read", name);
      throw new Error("no test reads a secret");
    },
    async list(prefix) {
      await called("list", prefix);
      return [...stored.keys()].filter((name) => name.startsWith(prefix));
    },
    async remove(name) {
      await called("remove", name);
      // Secrets Manager takes its time.
      for (let turn = 0; turn < 10; turn++) await Promise.resolve();
      stored.delete(name);
    },
  };
}
