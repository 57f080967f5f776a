import type { Condition, ConditionalRow, ProviderContext } from "../../../src/provider.ts";
import type { AciConfig } from "../config.ts";

/** What the table depends on besides the pod. */
export interface Where extends Pick<ProviderContext, "network">, Pick<AciConfig, "readiness" | "security"> {
  /** `network` of the provider's part: what kind of address groups have. */
  readonly addresses: AciConfig["network"];
}

export type AciRow = ConditionalRow<Where>;

export const on = (where: Condition<Where>, row: AciRow): AciRow => ({ ...row, on: where });

export const routed: Condition<Where> = { in: "network: routed", holds: ({ network }) => network === "routed" };

export const unrouted: Condition<Where> = { in: "network: none", holds: ({ network }) => network === "none" };

export const inPublic: Condition<Where> = {
  in: "aci.network: public",
  holds: ({ addresses }) => addresses === "public",
};

export const inSubnet: Condition<Where> = {
  in: "aci.network: subnet",
  holds: ({ addresses }) => addresses === "subnet",
};

export const readinessRefused: Condition<Where> = {
  in: "readiness: refuse",
  holds: ({ readiness }) => readiness === "refuse",
};

export const readinessRunning: Condition<Where> = {
  in: "readiness: running",
  holds: ({ readiness }) => readiness === "running",
};

export const securityRefused: Condition<Where> = {
  in: "security: refuse",
  holds: ({ security }) => security === "refuse",
};

export const securitySent: Condition<Where> = { in: "security: send", holds: ({ security }) => security === "send" };
