import type { z } from "zod";
import type { Provider, ProviderContext } from "../src/provider.ts";

/** What a provider's `config.ts` exports: the schema of its part of the configuration. Imports no SDK, does nothing. */
export interface ProviderConfigModule {
  readonly configSchema: z.ZodObject;
}

/** What a provider's `provider.ts` exports. */
export interface ProviderModule {
  /** `config`: what the schema made of the user's configuration, defaults filled in. */
  create(config: unknown, context: ProviderContext): Promise<Provider>;
}

/** Two entries, so that checking a configuration loads no provider. */
export interface ProviderEntry {
  config(): Promise<ProviderConfigModule>;
  provider(): Promise<ProviderModule>;
}

/** By the name under which a node's configuration asks for it. */
export const providers: Readonly<Record<string, ProviderEntry>> = {
  local: { config: () => import("./local/config.ts"), provider: () => import("./local/provider.ts") },
};
