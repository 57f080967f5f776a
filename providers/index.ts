import type { z } from "zod";
import type { Provider, ProviderContext, SupportRow } from "../src/provider.ts";

/** What a provider's `config.ts` exports: the schema of its part of the configuration. Imports no SDK, does nothing. */
export interface ProviderConfigModule {
  readonly configSchema: z.ZodObject;
}

/** What a provider's `provider.ts` exports. */
export interface ProviderModule {
  /** `config`: what the schema made of the user's configuration, defaults filled in. */
  create(config: unknown, context: ProviderContext): Promise<Provider>;
}

/** What a provider's `support.ts` exports. Imports no SDK, does nothing. */
export interface ProviderSupportModule {
  /**
   * The provider's table of pod fields under this configuration, as data: with `supportFindings` of `src/provider.ts` it
   * says of any pod what would be refused or changed, without a cloud, a cluster or credentials. `config` as for `create`.
   */
  supportOf(config: unknown): readonly SupportRow[];
}

/** Three entries, so that neither checking a configuration nor reading a table loads a provider. */
export interface ProviderEntry {
  config(): Promise<ProviderConfigModule>;
  support(): Promise<ProviderSupportModule>;
  provider(): Promise<ProviderModule>;
}

/** By the name under which a node's configuration asks for it. */
export const providers: Readonly<Record<string, ProviderEntry>> = {
  local: {
    config: () => import("./local/config.ts"),
    support: () => import("./local/support.ts"),
    provider: () => import("./local/provider.ts"),
  },
  fargate: {
    config: () => import("./fargate/config.ts"),
    support: () => import("./fargate/support.ts"),
    provider: () => import("./fargate/provider.ts"),
  },
  aci: {
    config: () => import("./aci/config.ts"),
    support: () => import("./aci/support.ts"),
    provider: () => import("./aci/provider.ts"),
  },
  lambda: {
    config: () => import("./lambda/config.ts"),
    support: () => import("./lambda/support.ts"),
    provider: () => import("./lambda/provider.ts"),
  },
};
