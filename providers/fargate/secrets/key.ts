import { ProviderError, SecretText } from "../../../src/provider.ts";
import { type Owner, ownerTags } from "../identity.ts";
import type { SecretsClient } from "./stores/client.ts";
import { keyName } from "./names.ts";

/**
 * The installation's key, which names are made with: drawn once for a cluster and kept in Secrets Manager itself, so that
 * it outlives burstlet, needs no file, and is read by nobody who may not read that one secret. Asked for when the first
 * pod needs it.
 */
export function createKey(
  client: Pick<SecretsClient, "create" | "read">,
  owner: Owner,
  random: () => string,
): () => Promise<SecretText> {
  const name = keyName(owner);
  let known: Promise<SecretText> | undefined;
  const find = async (): Promise<SecretText> => {
    const present = await client.read(name);
    if (present !== undefined) return present;
    // The first of several replicas and nodes makes it, and the others read that one.
    await client.create(name, new SecretText(random()), ownerTags(owner).slice(0, 1));
    const made = await client.read(name);
    if (made !== undefined) return made;
    throw new ProviderError("transient", "KeyMissing", `secret ${name} has been made and cannot be read yet`);
  };
  return async () => {
    const asking = (known ??= find());
    try {
      return await asking;
    } catch (error) {
      // A failure is not kept. Who asked at the same time shares it.
      if (known === asking) known = undefined;
      throw error;
    }
  };
}
