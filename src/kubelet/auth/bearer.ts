import type { IncomingHttpHeaders } from "node:http";

/** Browsers cannot set headers on a WebSocket, so Kubernetes takes the token as a subprotocol, base64url-coded. */
const subprotocolPrefix = "base64url.bearer.authorization.k8s.io.";

/** The bearer token of a request. The subprotocol that carries one must never be echoed back. */
export function bearerToken(headers: IncomingHttpHeaders): string | undefined {
  const [scheme = "", token = ""] = (headers.authorization ?? "").trim().split(/ +/);
  if (scheme.toLowerCase() === "bearer" && token !== "") return token;
  if (headers.upgrade?.toLowerCase() !== "websocket") return undefined;
  const offered = (headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
  const coded = offered.find((name) => name.startsWith(subprotocolPrefix))?.slice(subprotocolPrefix.length);
  return coded === undefined || coded === "" ? undefined : Buffer.from(coded, "base64url").toString();
}
