import { ProviderError } from "../../src/provider.ts";

/**
 * A package that only some configurations need. `needed`: what is configured, and what for, as the subject of a sentence with
 * the package's name. Rejects with `denied`, which tells how it is installed.
 */
export async function optionalPackage<T>(load: () => Promise<T>, needed: string): Promise<T> {
  try {
    return await load();
  } catch (error) {
    throw new ProviderError(
      "denied",
      "PackageMissing",
      `${needed}, and cannot be loaded: ${(error as Error).message}. It is an optional dependency: npm ci --include=optional installs it`,
      { cause: error },
    );
  }
}
