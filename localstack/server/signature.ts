/** What a signature of version 4 says of itself; nobody checks it, as nobody has the secret. */
export interface Scope {
  readonly accessKeyId: string;
  readonly region: string;
  readonly service: string;
}

const pattern =
  /^AWS4-HMAC-SHA256\s+Credential=([^/,\s]+)\/\d{8}\/([^/,\s]+)\/([^/,\s]+)\/aws4_request\s*,.*\bSignature=[0-9a-f]{64}/;

/** The credential scope of an Authorization header, or `undefined` when it has no signature. */
export function scopeOf(authorization: string | undefined): Scope | undefined {
  const match = pattern.exec(authorization ?? "");
  const [, accessKeyId = "", region = "", service = ""] = match ?? [];
  return match === null ? undefined : { accessKeyId, region, service };
}

/** Of a link, whose signature is in its query. */
const inQuery = /^([^/]+)\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request$/;

export function scopeOfLink({ searchParams }: URL): Scope | undefined {
  const match = inQuery.exec(searchParams.get("X-Amz-Credential") ?? "");
  const [, accessKeyId = "", region = "", service = ""] = match ?? [];
  return match === null || !searchParams.has("X-Amz-Signature") ? undefined : { accessKeyId, region, service };
}

export const isLink = (url: URL): boolean => scopeOfLink(url) !== undefined;
