import type { ProviderContext } from "../../../src/provider.ts";
import type { FargateConfig } from "../config.ts";

/** What a translation depends on besides the pod. */
export interface TranslateContext extends Pick<ProviderContext, "grants" | "network"> {
  readonly config: FargateConfig;
  /** Where the tasks run: the configuration's region or the one that its default came to. */
  readonly region: string;
}
