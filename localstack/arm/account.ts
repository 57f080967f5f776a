import type { Surroundings } from "./group/surroundings.ts";
import type { Groups } from "./groups.ts";
import type { Limits } from "./limits/limits.ts";
import type { Monitor } from "./metrics/monitor.ts";
import type { Sessions } from "./streams/sessions.ts";

/** What operations of Azure Resource Manager work with. */
export interface ArmAccount extends Surroundings {
  readonly groups: Groups;
  readonly limits: Limits;
  readonly sessions: Sessions;
  readonly monitor: Monitor;
}

export interface ArmRequest {
  /** Parts of the path by the name that its route gives them. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: string;
  /** `http://127.0.0.1:4566`, as the caller has found us. */
  readonly base: string;
}

export interface ArmAnswer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export type Work = (account: ArmAccount, request: ArmRequest) => ArmAnswer | Promise<ArmAnswer>;
