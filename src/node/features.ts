/** What the node declares of itself in `status.declaredFeatures` (KEP-5328). Pure. */
import type { Provider } from "../provider.ts";

/** Of the API server that passes WebSockets on to a node that declares it takes them, instead of translating to SPDY. */
const minor = 36;

/**
 * Sorted and without doubles, as the API server demands. `undefined`: this API server (e.g. `v1.34.1`) does not know
 * the field, or makes nothing of it.
 */
export function declaredFeatures(
  kubernetes: string,
  websockets: boolean,
  provider: Pick<Provider, "exec" | "attach" | "forward">,
): readonly string[] | undefined {
  const [, major, serverMinor] = /^v(\d+)\.(\d+)/.exec(kubernetes) ?? [];
  if (major !== "1" || Number(serverMinor) < minor) return undefined;
  const hasStreams = [provider.exec, provider.attach, provider.forward].some((method) => method !== undefined);
  return websockets && hasStreams ? ["ExtendWebSocketsToKubelet"] : [];
}
