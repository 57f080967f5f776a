import { type Clock, type Launch, type Log, ProviderError, type TaskState } from "../../../src/provider.ts";
import { placeOf, putBody } from "../arm/body.ts";
import type { ArmBuckets } from "../arm/buckets.ts";
import type { GroupsClient } from "../arm/groups.ts";
import type { Feed } from "../groups/feed.ts";
import { groupName, type Owner } from "../names.ts";
import type { AciRequest } from "../request.ts";

/**
 * Milliseconds for which a launch may wait for Azure's quota of creations. Who would wait longer comes again later, so that
 * the pod says what it waits for, and can be deleted meanwhile.
 */
const LONGEST_WAIT_MS = 40_000;

export interface LaunchOptions {
  readonly client: Pick<GroupsClient, "create">;
  readonly buckets: Pick<ArmBuckets, "creationDelay">;
  readonly owner: Owner;
  readonly feed: Pick<Feed, "told">;
  /** A quota of the subscription is used up in every region that this pod may go to. */
  readonly exhausted: () => void;
  readonly clock: Pick<Clock, "monotonic">;
  readonly log: Log;
}

/** As Provider.launch: one PUT for each try, to the place of the try. */
export function createLaunch(
  options: LaunchOptions,
): (launch: Launch<AciRequest>, signal: AbortSignal) => Promise<TaskState> {
  const { client, buckets, owner, feed, clock } = options;
  return async ({ identity, token, tryNumber, request }, signal) => {
    const wait = buckets.creationDelay();
    if (wait > LONGEST_WAIT_MS) throw paced(wait);
    const name = groupName(token);
    const place = placeOf(request, identity.attempt, tryNumber);
    const body = putBody(request, place, { identity, nodeName: owner.nodeName });
    const askedAt = clock.monotonic();
    const group = await client.create(name, identity, body, signal).catch((error: unknown) => {
      throw explained(error, { request, tryNumber, location: place.location }, options);
    });
    const known = feed.told({ location: place.location, ...group, name }, askedAt);
    if (known !== undefined) return known.state;
    throw new ProviderError(
      "unknown",
      "ProviderFailed",
      `Azure answered for ${name} with a group that is not this node's`,
    );
  };
}

/** To come again while the quota is still waited for: when nobody waits, a creation that is allowed is not made. */
function paced(wait: number): ProviderError {
  const message =
    "Azure lets a subscription create so many container groups in five minutes and in an hour; this one waits.";
  return new ProviderError("throttled", "CreationQuota", message, {
    retryAfter: Math.ceil((wait - LONGEST_WAIT_MS / 2) / 1000),
  });
}

/** The next try goes to the next region: only when none is left is the node too small. */
function explained(
  error: unknown,
  {
    request,
    tryNumber,
    location,
  }: { readonly request: AciRequest; readonly tryNumber: number; readonly location: string },
  { exhausted, log }: LaunchOptions,
): unknown {
  if (!(error instanceof ProviderError) || error.kind !== "noCapacity") return error;
  const { places, vcpu } = request;
  log.info("no capacity in a region", { location, reason: error.reason });
  const isLast = tryNumber % places.length === 0;
  if (error.reason !== "ContainerGroupQuotaReached") return error;
  if (isLast) exhausted();
  const advice = `this group takes ${vcpu} vCPU in ${location}; the quota can be raised by a ticket`;
  return new ProviderError(error.kind, error.reason, `${error.message.replace(/\.$/, "")}: ${advice}`, {
    cause: error,
  });
}
