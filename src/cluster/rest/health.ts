import type { Clock } from "../../model/clock.ts";
import type { Log } from "../../provider.ts";
import { ApiError } from "../cluster.ts";
import type { Call } from "./calls.ts";

/** Turns the outcomes of thousands of requests into one log line per change of state. */
export interface Health {
  /** The API server answered; `error` when the answer was not success. */
  answered(call: Call | undefined, status: number, error?: ApiError): void;
  /** No answer: refused connection, cut, silence. */
  silent(error: unknown): void;
  /** Why the API server cannot be used at the moment; `undefined` while it can. */
  trouble(): string | undefined;
}

/** One lost connection is no outage; nothing but failures for this long is one. */
const outageMs = 2_000;

export function createHealth(server: string, clock: Clock, log: Log): Health {
  let everWell = false;
  let failingSince: number | undefined;
  let away = false;
  let badCredentials = false;
  const missing = new Map<Call, ApiError>();

  function trouble(error: unknown): void {
    failingSince ??= clock.monotonic();
    const patience = everWell ? outageMs : 0;
    if (away || clock.monotonic() - failingSince < patience) return;
    away = true;
    log.warn("API server cannot be used; what runs goes on, retrying", { server, ...describe(error) });
  }

  function well(): void {
    if (away) log.info("API server is back", { server, afterSeconds: secondsSince(failingSince) });
    everWell = true;
    away = false;
    failingSince = undefined;
  }

  const secondsSince = (start: number | undefined): number =>
    start === undefined ? 0 : Math.round((clock.monotonic() - start) / 1000);

  function unauthorized(now: boolean): void {
    if (now === badCredentials) return;
    badCredentials = now;
    if (!now) log.info("API server accepts the credentials again", { server });
    else log.error("API server does not accept the credentials", { server, fix: credentialsFix });
  }

  function permission(call: Call, error: ApiError | undefined): void {
    if (error === undefined) {
      if (missing.delete(call)) log.info("permission granted", rightOf(call));
    } else if (!missing.has(call)) {
      missing.set(call, error);
      const { feature } = call;
      log.error("permission missing", { ...rightOf(call), feature, error: error.message, fix: permissionFix(call) });
    }
  }

  return {
    answered(call, status, error) {
      if (status >= 500 || status === 429) return trouble(error);
      well();
      unauthorized(status === 401);
      if (call === undefined || status === 401) return;
      if (status !== 403) permission(call, undefined);
      else if (error !== undefined && isMissingRight(error)) permission(call, error);
    },
    silent: trouble,
    trouble() {
      if (away) return `the API server cannot be used for ${secondsSince(failingSince)} s`;
      return badCredentials ? "the API server does not accept the credentials" : undefined;
    },
  };
}

const credentialsFix = "check the user of the kubeconfig's context, or the pod's service account";

/** What gives the right to make this call. */
export function permissionFix({ document = "deploy/rbac.yaml" }: Call): string {
  return `kubectl apply -f ${document}, and run as its ServiceAccount`;
}

/** A quota, an admission policy and a namespace that ends answer 403 too; only the authoriser speaks of `User "…" cannot`. */
export function isMissingRight(error: ApiError): boolean {
  return /User ".*" cannot /.test(error.message);
}

function rightOf(call: Call): object {
  const { verb, group, resource, within, only } = call;
  return { verb, group, resource, ...(within && { namespace: within }), ...(only && { name: only }) };
}

function describe(error: unknown): object {
  if (error instanceof ApiError) return { error: error.message, status: error.status };
  const { message, code } = error as Partial<NodeJS.ErrnoException>;
  return { error: message || String(error), ...(code !== undefined && { code }) };
}
