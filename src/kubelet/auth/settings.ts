import { durationMs } from "../../config/fields/duration.ts";
import type { KubeletConfiguration } from "../../config/fields/kubelet.ts";

/** Who is let in at a kubelet port, and how long an answer of the API server counts. */
export interface AccessSettings {
  /** Are bearer tokens accepted, beside client certificates? */
  readonly tokens: boolean;
  readonly tokenMemoryMs: number;
  /** AlwaysAllow: whoever is known may do everything. */
  readonly mode: "Webhook" | "AlwaysAllow";
  readonly allowMemoryMs: number;
  readonly denyMemoryMs: number;
}

export function accessSettings({ authentication, authorization }: KubeletConfiguration): AccessSettings {
  return {
    tokens: authentication.webhook.enabled,
    tokenMemoryMs: durationMs(authentication.webhook.cacheTTL),
    mode: authorization.mode,
    allowMemoryMs: durationMs(authorization.webhook.cacheAuthorizedTTL),
    denyMemoryMs: durationMs(authorization.webhook.cacheUnauthorizedTTL),
  };
}
