import { createHmac, randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";

import { LRUCache } from "lru-cache";
import PQueue from "p-queue";

import type { Cluster, UserInfo } from "../../cluster/cluster.ts";
import type { Clock, Log } from "../../provider.ts";
import { bearerToken } from "./bearer.ts";
import { certifiedUser, type CertifiedUser } from "./client-certificate.ts";
import type { AccessSettings } from "./settings.ts";

const rememberedTokens = 8192;
/**
 * Anybody who reaches the port can send made-up tokens. These few reviews at a time, and no long row behind them,
 * leave the API server and our connections to it to the pods.
 */
const reviewsAtOnce = 4;
const reviewsWaiting = 1_000;

/** Resolves to the caller of a request, or `undefined`: there is no anonymous access. */
export type Authenticate = (request: IncomingMessage) => Promise<UserInfo | undefined>;

/**
 * Client certificate first, then bearer token. `trusts`: whether certificates on this connection were checked
 * against the present client CA.
 */
export function authenticator(options: {
  reviewer: Pick<Cluster, "reviewToken">;
  trusts: (socket: TLSSocket) => boolean;
  settings: Pick<AccessSettings, "tokens" | "tokenMemoryMs">;
  clock: Clock;
  log: Log;
}): Authenticate {
  const { settings, clock, log } = options;
  const certificates = new WeakMap<TLSSocket, { certified: CertifiedUser | undefined }>();
  const reviewed = tokenReviews(options.reviewer, settings.tokenMemoryMs, clock);

  const byCertificate = (socket: TLSSocket): UserInfo | undefined => {
    if (!options.trusts(socket)) return undefined;
    let known = certificates.get(socket);
    if (known === undefined) certificates.set(socket, (known = { certified: certifiedUser(socket) }));
    return known.certified !== undefined && clock.now() < known.certified.notAfter ? known.certified.user : undefined;
  };

  return async (request) => {
    const certified = byCertificate(request.socket as TLSSocket);
    if (certified !== undefined) return authenticated(certified);
    const token = settings.tokens ? bearerToken(request.headers) : undefined;
    if (token === undefined) return undefined;
    try {
      const user = await reviewed(token);
      return user && authenticated(user);
    } catch (err) {
      log.error("A bearer token could not be reviewed", { err });
      return undefined;
    }
  };
}

/** TokenReview with a memory for both answers; callers with the same token at the same time share one review. */
function tokenReviews(
  reviewer: Pick<Cluster, "reviewToken">,
  memoryMs: number,
  clock: Clock,
): (token: string) => Promise<UserInfo | undefined> {
  // Keyed by a hash under a key of this process, so that a memory dump holds no token.
  const hashKey = randomBytes(32);
  const lane = new PQueue({ concurrency: reviewsAtOnce });
  const review = (token: string): Promise<UserInfo | undefined> => {
    if (lane.size >= reviewsWaiting) throw new Error(`${reviewsWaiting} other tokens wait for their review`);
    return lane.add(() => reviewer.reviewToken(token));
  };
  const memory = new LRUCache<string, { user: UserInfo | undefined }, string>({
    max: rememberedTokens,
    // The cache would take 0 for no end, and wants whole milliseconds.
    ttl: Math.max(Math.round(memoryMs), 1),
    perf: { now: () => clock.monotonic() },
    ttlResolution: 0,
    fetchMethod: async (_hash, _stale, { context: token }) => ({ user: await review(token) }),
  });
  return async (token) => {
    const hash = createHmac("sha256", hashKey).update(token).digest("base64");
    return (await memory.fetch(hash, { context: token }))?.user;
  };
}

function authenticated(user: UserInfo): UserInfo {
  return { ...user, groups: [...new Set([...user.groups, "system:authenticated"])] };
}
