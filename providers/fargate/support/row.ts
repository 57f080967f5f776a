import type { Condition, ConditionalRow, ProviderContext } from "../../../src/provider.ts";
import type { FargateConfig } from "../config.ts";

/** What the table depends on besides the pod. */
export interface Where extends Pick<ProviderContext, "network"> {
  readonly readiness: FargateConfig["readiness"];
  readonly exec: FargateConfig["exec"];
}

export type FargateRow = ConditionalRow<Where>;

export const on = (where: Condition<Where>, row: FargateRow): FargateRow => ({ ...row, on: where });

export const routed: Condition<Where> = { in: "network: routed", holds: ({ network }) => network === "routed" };

export const unrouted: Condition<Where> = { in: "network: none", holds: ({ network }) => network === "none" };

export const readinessRefused: Condition<Where> = {
  in: "readiness: refuse",
  holds: ({ readiness }) => readiness === "refuse",
};

export const readinessRunning: Condition<Where> = {
  in: "readiness: running",
  holds: ({ readiness }) => readiness === "running",
};

export const execOn: Condition<Where> = { in: "exec: true", holds: ({ exec }) => exec };
