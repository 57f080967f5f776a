/** Who calls, and what the caller's role does not have. Texts from memory. */
import type { Scenario } from "../scenario/schema.ts";
import { armError } from "./errors.ts";
import { sameName } from "./ids.ts";
import type { CallKind } from "./limits/limits.ts";

/** A bearer token must be there; nobody can check it, so that a switch says what Azure thinks of it. */
export function checkToken(authorization: string | undefined, { switches, azure }: Scenario): void {
  const { token } = switches.azure;
  if (!/^Bearer \S/i.test(authorization ?? ""))
    throw armError(401, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.");
  if (token === "expired")
    throw armError(
      401,
      "ExpiredAuthenticationToken",
      "The access token expiry UTC time is earlier than current UTC time.",
    );
  const message = `The access token is from the wrong issuer. It must match the tenant '${azure.tenant}' associated with this subscription.`;
  if (token === "unknown") throw armError(401, "InvalidAuthenticationTokenTenant", message);
}

export function checkRight(action: string, scope: string, { azure }: Scenario): void {
  if (!azure.denied.some((denied) => sameName(denied, action))) return;
  const message = `The client 'burstlet' with object id '22222222-2222-2222-2222-222222222222' does not have authorization to perform action '${action}' over scope '${scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.`;
  throw armError(403, "AuthorizationFailed", message);
}

export function checkSubscription(id: string, kind: CallKind, { azure }: Scenario): void {
  if (!sameName(id, azure.subscription))
    throw armError(404, "SubscriptionNotFound", `The subscription '${id}' could not be found.`);
  const message = `The subscription '${id}' is disabled and therefore marked as read only. You cannot perform any write actions on this subscription until it is re-enabled.`;
  if (azure.state === "Disabled" && kind === "writes") throw armError(409, "ReadOnlyDisabledSubscription", message);
}

export function checkResourceGroup(name: string, { azure }: Scenario): void {
  if (!azure.resourceGroups.some((one) => sameName(one, name)))
    throw armError(404, "ResourceGroupNotFound", `Resource group '${name}' could not be found.`);
}
