import type { CallCounts } from "../calls.ts";
import type { Faults } from "../faults.ts";
import { passCall } from "../server/gate.ts";
import {
  ApiError,
  cutOf,
  notSimulated,
  type PathRequest,
  type PathService,
  type ServiceAnswer,
} from "../server/service.ts";
import type { ArmAccount, ArmRequest } from "./account.ts";
import { checkResourceGroup, checkRight, checkSubscription, checkToken } from "./caller.ts";
import { invalid } from "./errors.ts";
import type { Left } from "./limits/limits.ts";
import { placeOf } from "./operations/place.ts";
import { type Route, routeOf } from "./routes.ts";
import { streamPrefixes } from "./streams/sessions.ts";

export interface ServiceParts {
  readonly account: ArmAccount;
  readonly faults: Faults;
  readonly calls: CallCounts;
}

/** Azure Resource Manager: found by its path, called with a bearer token, JSON in and out. */
export function armService(parts: ServiceParts): PathService {
  return {
    name: "arm",
    prefixes: ["/subscriptions", ...streamPrefixes],
    requestIdHeader: "x-ms-request-id",
    async answer(request) {
      try {
        return await answered(parts, request);
      } catch (error) {
        const cut = cutOf(error);
        if (cut !== undefined) return cut;
        if (error instanceof ApiError) return refusal(error);
        throw error;
      }
    },
    upgrade: parts.account.sessions.upgrade,
  };
}

async function answered({ account, faults, calls }: ServiceParts, request: PathRequest): Promise<ServiceAnswer> {
  const { method, url, headers, body } = request;
  const found = routeOf(method, url.pathname);
  if (found === undefined) throw notSimulated(`${method} ${url.pathname}`);
  const { route, parts: path } = found;
  const base = `http://${headers["host"] ?? "127.0.0.1"}`;
  const asked: ArmRequest = { path, query: url.searchParams, body, base };
  let left: Left = {};
  const admit = (): void => {
    checkToken(headers["authorization"], account.scenario.now);
    if (url.searchParams.get("api-version") === null)
      throw invalid("MissingApiVersionParameter", "The api-version query parameter (?api-version=) is required.");
    left = account.limits.call(route.kind);
    checkScope(account, route, path, url.pathname);
    if (route.window !== undefined)
      left = { ...left, ...account.limits.window(route.window, locationOf(account, asked)) };
  };
  const call = { service: "arm", operation: route.operation, admit };
  const answer = await passCall({ faults, calls }, call, () => route.work(account, asked));
  return {
    status: answer.status,
    headers: { ...contentType, ...left, ...answer.headers },
    body: answer.body === undefined ? "" : JSON.stringify(answer.body),
  };
}

/** Of a group that is there, or of the one that is to be. */
function locationOf({ groups }: ArmAccount, request: ArmRequest): string {
  const existing = groups.find(placeOf(request))?.record.location;
  return existing ?? /"location"\s*:\s*"([^"]*)"/.exec(request.body)?.[1] ?? "";
}

function checkScope({ scenario }: ArmAccount, { action, kind }: Route, path: ArmRequest["path"], scope: string): void {
  checkSubscription(path["subscription"] ?? "", kind, scenario.now);
  if (action !== undefined) checkRight(action, scope, scenario.now);
  if (path["resourceGroup"] !== undefined) checkResourceGroup(path["resourceGroup"], scenario.now);
}

const contentType = { "content-type": "application/json; charset=utf-8" } as const;

/** As Azure has it: `{ "error": { "code", "message", … } }`. */
function refusal({ type, message, status, members, headers }: ApiError): ServiceAnswer {
  return {
    status,
    headers: { ...contentType, ...headers },
    body: JSON.stringify({ error: { code: type, message, ...members } }),
  };
}
