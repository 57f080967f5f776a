import { describe, expect, test } from "vitest";
import { ProviderError } from "../../../src/provider.ts";
import { armError, unanswered } from "./errors.ts";

const answer = (status: number, code: string, message = "words", headers: Record<string, string> = {}) =>
  armError({ status, body: { error: { code, message } }, header: (name) => headers[name] });

describe("an answer", () => {
  test.for<[status: number, code: string, message: string, kind: string, reason: string]>([
    [400, "InaccessibleImage", "The image is not accessible", "transient", "ErrImagePull"],
    [409, "RegistryErrorResponse", "Please retry later", "transient", "ErrImagePull"],
    [400, "OsVersionNotSupported", "", "invalid", "ErrImagePull"],
    [409, "ContainerGroupQuotaReached", "quota 'StandardCores' exceeded", "noCapacity", "ContainerGroupQuotaReached"],
    [503, "ServiceUnavailable", "quota 'StandardCores' exceeded", "noCapacity", "ContainerGroupQuotaReached"],
    [409, "ServiceUnavailable", "not available in the location", "noCapacity", "InsufficientCapacity"],
    [503, "ServiceUnavailable", "try again", "transient", "ServiceUnavailable"],
    [503, "ServerTimeout", "", "transient", "ServerTimeout"],
    [429, "SubscriptionRequestsThrottled", "", "throttled", "SubscriptionRequestsThrottled"],
    [429, "Whatever", "", "throttled", "Whatever"],
    [403, "AuthorizationFailed", "", "denied", "AuthorizationFailed"],
    [404, "ResourceGroupNotFound", "", "denied", "ResourceGroupNotFound"],
    [409, "MissingSubscriptionRegistration", "", "denied", "MissingSubscriptionRegistration"],
    [400, "LocationNotAvailableForResourceType", "", "denied", "LocationNotAvailableForResourceType"],
    [404, "ResourceNotFound", "", "notFound", "ResourceNotFound"],
    [409, "Conflict", "", "conflict", "Conflict"],
    [400, "DuplicateVolumes", "", "invalid", "DuplicateVolumes"],
    [400, "constructor", "", "invalid", "constructor"],
    [401, "", "", "denied", "ProviderFailed"],
  ])("%i %s (%s) is %s", ([status, code, message, kind, reason]) => {
    const error = answer(status, code, message);
    expect(error).toBeInstanceOf(ProviderError);
    expect([error.kind, error.reason]).toEqual([kind, reason]);
  });

  test("tells its code and its words, and its status where it has none", () => {
    expect(answer(400, "BadThing", "what is wrong").message).toBe("BadThing: what is wrong");
    for (const body of [undefined, "<html>", { error: "text" }, { error: null }]) {
      const error = armError({ status: 502, body, header: () => undefined });
      expect([error.kind, error.message]).toEqual(["transient", "Azure answered 502"]);
    }
  });

  test("tells how long to wait, in any of Azure's three ways, and no longer than an hour", () => {
    const waits = (headers: Record<string, string>) => answer(429, "TooManyRequests", "", headers).retryAfter;
    expect(waits({ "retry-after": "17" })).toBe(17);
    expect(waits({ "retry-after-ms": "1500" })).toBe(1.5);
    expect(waits({ "x-ms-retry-after-ms": "2500", "retry-after": "9" })).toBe(2.5);
    expect(waits({ "retry-after": "999999" })).toBe(3_600);
    expect(waits({ "retry-after": "soon" })).toBeUndefined();
    expect(waits({})).toBeUndefined();
  });

  test("of a group in transition is a conflict for ten seconds at least", () => {
    const error = answer(409, "ContainerGroupTransitioning");
    expect([error.kind, error.retryAfter]).toEqual(["conflict", 10]);
    expect(answer(409, "ContainerGroupTransitioning", "", { "retry-after": "30" }).retryAfter).toBe(30);
  });
});

describe("no answer", () => {
  const thrown = (change: object) => unanswered(Object.assign(new Error("words"), change));

  test("of a connection that was not made is definite, of every other one doubtful", () => {
    expect(thrown({ code: "ECONNREFUSED" })).toMatchObject({ kind: "transient", reason: "CloudUnreachable" });
    expect(thrown({ code: "ECONNRESET" })).toMatchObject({ kind: "unknown", reason: "CloudSilent" });
    expect(unanswered("text")).toMatchObject({ kind: "unknown", message: "text" });
  });

  test("for want of a token says what to give", () => {
    const error = thrown({ name: "CredentialUnavailableError" });
    expect(error).toMatchObject({ kind: "denied", reason: "CredentialUnavailable" });
    expect(error.message).toMatch(/^words\. Give burstlet credentials of Azure/);
  });

  test("that is understood already stays as it is", () => {
    const error = new ProviderError("conflict", "A", "b");
    expect(unanswered(error)).toBe(error);
  });
});
