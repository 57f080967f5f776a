import type { ProviderContext } from "../../../src/provider.ts";
import type { AciConfig } from "../config.ts";

/** What a translation depends on besides the pod. */
export interface TranslateContext extends Pick<ProviderContext, "grants"> {
  readonly config: AciConfig;
}
