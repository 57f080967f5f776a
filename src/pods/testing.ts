/** Worlds for the tables of this room. */
import { annotations } from "../model/annotations.ts";
import { rfc3339 } from "../model/clock.ts";
import { ProviderError, type ProviderErrorKind } from "../model/provider-error.ts";
import { merged } from "../../test/life/memory-api.ts";
import type { Pod } from "../model/kube.ts";
import { now, pod } from "../status/testing.ts";
import { troubleAfter } from "./plan/on-error.ts";
import type { Action } from "./plan/action.ts";
import { plan } from "./plan/plan.ts";
import { recordPatch } from "./plan/record.ts";
import type { Prepared, Trouble, World } from "./plan/world.ts";

const provider = {
  name: "local",
  restarts: "container",
  canRestart: true,
  canKill: true,
  canPassStartup: true,
  canAdd: false,
  canUpdate: false,
  canResize: false,
  tellsSends: false,
  memory: Infinity,
} as const;
export const taskProvider = {
  name: "fargate",
  restarts: "task",
  canRestart: false,
  canKill: false,
  canPassStartup: false,
  canAdd: false,
  canUpdate: false,
  canResize: false,
  tellsSends: false,
  memory: 3600,
} as const;

/** Resolved and translated for this attempt. */
export function ready(attempt = 1): Prepared {
  return { generation: 1, attempt, is: "ready", request: {} };
}

export function world(of: Pod | undefined, more: Partial<World> = {}): World {
  return {
    pod: of,
    tasks: [],
    tasksKnown: true,
    health: new Map(),
    notes: {},
    provider,
    node: { hostIP: undefined, daemonSetPods: "refuse" },
    now,
    ...more,
  };
}

/** The pod with a write-ahead record of this attempt. */
export function recorded(
  of: Pod,
  record: {
    attempt?: number;
    try?: number;
    at?: number;
    task?: string;
    backend?: string;
    memory?: number;
    trail?: string;
  } = {},
): Pod {
  const own = {
    [annotations.backend]: record.backend ?? "local",
    [annotations.attempt]: String(record.attempt ?? 1),
    [annotations.try]: String(record.try ?? 1),
    [annotations.recorded]: rfc3339(record.at ?? now),
    ...(record.task !== undefined && { [annotations.task]: record.task }),
    ...(record.memory !== undefined && { [annotations.memory]: String(record.memory) }),
    ...(record.trail !== undefined && { [annotations.trail]: record.trail }),
  };
  return { ...of, metadata: { ...of.metadata, annotations: { ...of.metadata?.annotations, ...own } } };
}

export function owned(kind: string): Partial<Pod> {
  const owner = { apiVersion: "apps/v1", kind, name: "owner", uid: "o", controller: true };
  return { metadata: { ownerReferences: [owner] } };
}

/** The nth failure in a row, noticed just now. */
export function trouble(kind: ProviderErrorKind, count = 1, more: Partial<Trouble> = {}): Trouble {
  const error = new ProviderError(kind, `Reason${kind}`, `${kind} happened`);
  let last: Trouble | undefined;
  for (let nth = 0; nth < count; nth++) last = troubleAfter(last, error, now, 0.5);
  return { ...(last as Trouble), try: 1, ...more };
}

/** Writes to the API server until the plan wants something else; the pod afterwards, the writes, and that other action. */
export function written(from: World): { pod: Pod; action: Action; writes: number } {
  let at = from;
  for (let writes = 0; writes < 10; writes++) {
    const action = plan(at);
    const of = at.pod ?? pod([], "Never");
    if (action.do !== "report" && action.do !== "record") return { pod: of, action, writes };
    const patch = action.do === "report" ? { status: action.patch } : recordPatch(at, of, action);
    const note = action.do === "record" ? { unsent: { attempt: action.attempt, try: action.try } } : {};
    at = { ...at, pod: merged(of, patch), notes: { ...at.notes, ...note } };
  }
  throw new Error("the plan does not stop writing");
}
