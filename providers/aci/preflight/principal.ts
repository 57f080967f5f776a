/** Who burstlet is in Azure, so that the commands of findings name it. */

/** What a credential of @azure/identity does for us. */
interface Tokens {
  getToken(scope: string): Promise<{ readonly token: string } | null>;
}

/** The object id that Azure has written into the token, which is read as it is and never shown. */
export async function principalOf(credential: Tokens, endpoint: string): Promise<string | undefined> {
  const token = await credential.getToken(`${endpoint.replace(/\/+$/, "")}/.default`);
  return objectIdIn(token?.token ?? "");
}

/** Claim `oid` of an access token (Microsoft's page on its claims). Pure. */
export function objectIdIn(token: string): string | undefined {
  const [, payload = ""] = token.split(".");
  try {
    const { oid } = JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) as { readonly oid?: unknown };
    return typeof oid === "string" && /^[0-9a-f-]{36}$/i.test(oid) ? oid : undefined;
  } catch {
    return undefined;
  }
}
