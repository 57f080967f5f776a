/** What one decision can be: the one next thing to do for a pod. `plan.ts` decides, `src/pods/act` does. */
import type { Story } from "../../status/pod-status.ts";

/** A container that has failed a probe and is ended for it. */
export interface Unhealthy {
  readonly container: string;
  readonly instance: number;
  readonly probe: "startup" | "liveness";
}

export type Action =
  /** Nothing to do until `until` (milliseconds since 1970), or until something changes. */
  | { readonly do: "wait"; readonly until?: number | undefined }
  /** Resolve and translate the pod for this attempt. */
  | { readonly do: "prepare"; readonly attempt: number; readonly omit: readonly string[] }
  /** Write the write-ahead record; acknowledged before the launch. */
  | { readonly do: "record"; readonly attempt: number; readonly try: number; readonly story: Story }
  | { readonly do: "launch"; readonly attempt: number; readonly try: number }
  /** Bring the files of the live task's volumes up to date. */
  | { readonly do: "update"; readonly attempt: number }
  /** Give containers of the live task the resources that their specs say by now. */
  | { readonly do: "resize"; readonly attempt: number }
  /** Ask for an ephemeral container in the live task. */
  | { readonly do: "add"; readonly attempt: number; readonly container: string }
  | { readonly do: "restart"; readonly attempt: number; readonly container: string; readonly instance: number }
  /** End one run of one container, dead at `killAt`. */
  | { readonly do: "kill"; readonly attempt: number; readonly unhealthy: Unhealthy; readonly killAt: number }
  /** Let the row of containers go on behind a sidecar that has started up. */
  | { readonly do: "passStartup"; readonly attempt: number; readonly container: string; readonly instance: number }
  /** Write the status that this story makes. */
  | { readonly do: "report"; readonly story: Story; readonly patch: Record<string, unknown> }
  | {
      readonly do: "stop";
      readonly attempt: number;
      readonly killAt: number;
      readonly discard: boolean;
      /** The container for whose sake all of them are stopped. */
      readonly unhealthy?: Unhealthy;
    }
  /** Remove the API object, with its uid as precondition. */
  | { readonly do: "remove" };

/** What comes first of several: whatever there is to do, else the soonest wait; `undefined` when there is nothing. */
export function firstOf(actions: readonly Action[]): Action | undefined {
  const doing = actions.find((action) => action.do !== "wait");
  if (doing !== undefined || actions.length === 0) return doing;
  const times = actions.flatMap((action) => (action.do === "wait" && action.until !== undefined ? [action.until] : []));
  return { do: "wait", ...(times.length > 0 && { until: Math.min(...times) }) };
}
