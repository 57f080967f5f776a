import type { Cluster, TokenRequest } from "../../cluster/cluster.ts";
import { type Clock, parseTime } from "../../model/clock.ts";

type Ask = Cluster["serviceAccountToken"];
type Token = Awaited<ReturnType<Ask>>;

const day = 24 * 60 * 60 * 1000;

/** At 80 % of its life or after 24 hours, whichever is first (pkg/kubelet/token/token_manager.go). */
export function refreshTime(expiresAt: number | undefined, lifeSeconds: number): number | undefined {
  if (expiresAt === undefined) return undefined;
  const life = lifeSeconds * 1000;
  return Math.min(expiresAt - 0.2 * life, expiresAt - life + day);
}

/**
 * Each token is asked for once and again when it is to be replaced. While no new one can be had, the old one is as good
 * as before, until it expires; then asking rejects. Those that have expired are forgotten.
 */
export function keptTokens(ask: Ask, clock: Pick<Clock, "now">): Ask {
  const kept = new Map<string, Token>();
  const forgetExpired = (now: number): void => {
    for (const [key, { expiresAt }] of kept) if ((parseTime(expiresAt) ?? 0) <= now) kept.delete(key);
  };
  return async (request: TokenRequest) => {
    const now = clock.now();
    forgetExpired(now);
    const { namespace, serviceAccount, pod, audience, expirationSeconds } = request;
    const key = JSON.stringify([namespace, serviceAccount, pod.uid, audience, expirationSeconds]);
    const known = kept.get(key);
    const replaceAt = refreshTime(parseTime(known?.expiresAt), expirationSeconds);
    if (known !== undefined && replaceAt !== undefined && now < replaceAt) return known;
    try {
      const fresh = await ask(request);
      kept.set(key, fresh);
      return fresh;
    } catch (error) {
      if (known === undefined) throw error;
      return known;
    }
  };
}
