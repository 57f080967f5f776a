/** Rights that are missing, and the command that gives them. Pure. */
import type { Finding } from "../../../src/provider.ts";
import { lacking, type Permission } from "./rights.ts";

/** Of deploy/azure, by the scope that it is for. */
export type Role = "groups" | "subscription" | "usage" | "uses";

/** Object id of burstlet's identity. */
export type Principal = string | undefined;

export function assign(role: Role, principal: Principal, scope: string): string {
  const who = principal ?? "<object id of burstlet's identity>";
  return (
    `az role definition create --role-definition @deploy/azure/${role}.json, once, and ` +
    `az role assignment create --role "burstlet ${role}" --assignee-object-id ${who} ` +
    `--assignee-principal-type ServicePrincipal --scope ${scope}`
  );
}

/** One finding for all that is missing in one place. */
export function lackingFindings(
  where: string,
  rights: readonly Permission[] | undefined,
  wanted: readonly string[],
  { role, principal, scope }: { readonly role: Role; readonly principal: Principal; readonly scope: string },
): Finding[] {
  const missing = rights === undefined ? [] : lacking(rights, wanted);
  if (missing.length === 0) return [];
  return [{ message: `burstlet lacks ${missing.join(", ")} on ${where}`, fix: assign(role, principal, scope) }];
}
