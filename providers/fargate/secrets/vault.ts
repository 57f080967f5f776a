import { type Clock, ProviderError, type SecretText } from "../../../src/provider.ts";
import { type Owner, ownerTags } from "../identity.ts";
import type { StoredSecret } from "../request.ts";
import type { SecretsClient } from "./stores/client.ts";
import { secretName } from "./names.ts";

/** Contents in Secrets Manager, each once for this node. */
export interface Vault {
  /** Their ARNs by `ref`, made where they are not there. Asked for many pods at once, AWS is asked once. */
  ensure(secrets: readonly StoredSecret[]): Promise<ReadonlyMap<string, string>>;
  /** A task did not get its secrets: those of these ARNs are looked for again before they are named again. */
  doubt(arns: readonly string[]): void;
  /** Monotonic milliseconds at which a launch last asked for it. */
  usedAt(name: string): number | undefined;
  /** Removes it; a launch that needs it meanwhile makes it anew. */
  remove(name: string): Promise<void>;
}

interface Known {
  readonly arn: Promise<string>;
  usedAt: number;
}

export interface VaultOptions {
  readonly client: Pick<SecretsClient, "create" | "arnOf" | "remove">;
  readonly key: () => Promise<SecretText>;
  readonly owner: Owner;
  readonly clock: Clock;
}

export function createVault({ client, key, owner, clock }: VaultOptions): Vault {
  const known = new Map<string, Known>();
  const arns = new Map<string, string>();
  const removing = new Map<string, Promise<void>>();

  const make = async (name: string, content: SecretText): Promise<string> => {
    await removing.get(name)?.catch(() => undefined);
    const made = (await client.create(name, content, ownerTags(owner))) ?? (await client.arnOf(name));
    if (made === undefined) {
      throw new ProviderError("transient", "SecretGone", `secret ${name} has been there and is gone again`);
    }
    arns.set(made, name);
    return made;
  };
  const ensureOne = async (name: string, content: SecretText): Promise<string> => {
    const present = known.get(name);
    if (present !== undefined) {
      present.usedAt = clock.monotonic();
      return present.arn;
    }
    const entry = { arn: make(name, content), usedAt: clock.monotonic() };
    known.set(name, entry);
    // A failure is not kept. Who asked at the same time shares it.
    entry.arn.catch(() => known.get(name) === entry && known.delete(name));
    return entry.arn;
  };
  return {
    async ensure(secrets) {
      if (secrets.length === 0) return new Map();
      const installation = await key();
      const found = secrets.map(async ({ ref, content }) => {
        return [ref, await ensureOne(secretName(owner, installation, content), content)] as const;
      });
      return new Map(await Promise.all(found));
    },
    doubt(doubted) {
      for (const arn of doubted) known.delete(arns.get(arn) ?? "");
    },
    usedAt: (name) => known.get(name)?.usedAt,
    async remove(name) {
      known.delete(name);
      for (const [arn, named] of arns) if (named === name) arns.delete(arn);
      const gone = client.remove(name).finally(() => removing.delete(name));
      removing.set(name, gone);
      await gone;
    },
  };
}
