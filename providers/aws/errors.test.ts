import { expect, test } from "vitest";
import { ProviderError } from "../../src/provider.ts";
import { awsError, conflictingTasks, launchFailure } from "./errors.ts";

/** As the SDK throws what a service answers. */
const answered = (name: string, message = "words", status = 400): Error =>
  Object.assign(new Error(message), {
    name,
    $fault: status < 500 ? "client" : "server",
    $metadata: { httpStatusCode: status },
  });
const socket = (code: string, message = code): Error =>
  Object.assign(new Error(message), { code, $metadata: { attempts: 1 } });
const named = (name: string, message = ""): Error => Object.assign(new Error(message), { name });

test.for([
  [answered("ThrottlingException", "Rate exceeded"), "throttled", "ThrottlingException"],
  [answered("TooManyRequestsException", "words", 429), "throttled", "TooManyRequestsException"],
  [answered("SomethingNew", "words", 429), "throttled", "SomethingNew"],
  [
    answered("InvalidParameterException", "Error retrieving subnet information: RequestLimitExceeded"),
    "throttled",
    "InvalidParameterException",
  ],
  [answered("AccessDeniedException"), "denied", "AccessDeniedException"],
  [answered("ExpiredTokenException"), "denied", "ExpiredTokenException"],
  [answered("InvalidClientTokenId", "words", 403), "denied", "InvalidClientTokenId"],
  [answered("UnrecognizedClientException"), "denied", "UnrecognizedClientException"],
  [answered("SomethingNew", "words", 403), "denied", "SomethingNew"],
  [named("CredentialsProviderError", "Could not load credentials"), "denied", "CredentialsProviderError"],
  [new Error("Region is missing"), "denied", "RegionMissing"],
  [answered("ClusterNotFoundException", "Cluster not found."), "denied", "ClusterNotFoundException"],
  [
    answered("ClientException", "ECS was unable to assume the role 'arn:aws:iam::1:role/x' that was provided"),
    "denied",
    "ClientException",
  ],
  [
    answered("InvalidParameterException", "The subnet ID 'subnet-1' does not exist"),
    "denied",
    "InvalidParameterException",
  ],
  [answered("ServerException", "words", 500), "transient", "ServerException"],
  [answered("SyntaxError", "Unexpected token '<'", 503), "transient", "ServiceUnavailable"],
  [socket("ECONNREFUSED"), "transient", "CloudUnreachable"],
  [socket("ENOTFOUND"), "transient", "CloudUnreachable"],
  [socket("EAI_AGAIN"), "transient", "CloudUnreachable"],
  [
    socket(
      "ETIMEDOUT",
      "the request socket did not establish a connection with the server within the configured 5000 ms",
    ),
    "transient",
    "CloudUnreachable",
  ],
  [socket("ECONNRESET", "socket hang up"), "unknown", "CloudSilent"],
  [socket("ETIMEDOUT", "a request has exceeded the configured 30000 ms requestTimeout"), "unknown", "CloudSilent"],
  [socket("EPIPE"), "unknown", "CloudSilent"],
  [new Error("surprise"), "unknown", "ProviderFailed"],
  ["a text", "unknown", "ProviderFailed"],
  [answered("ConflictException"), "conflict", "ConflictException"],
  [
    answered("ClientException", "Too many concurrent attempts to create a new revision of the specified family."),
    "conflict",
    "ConcurrentRegistration",
  ],
  [
    answered("InvalidParameterException", "The referenced task was not found."),
    "notFound",
    "InvalidParameterException",
  ],
  [answered("ClientException", "Unable to describe task definition."), "notFound", "ClientException"],
  [answered("ResourceNotFoundException"), "notFound", "ResourceNotFoundException"],
  [
    answered("ClientException", "You've reached the limit on the number of vCPUs you can run concurrently"),
    "noCapacity",
    "VcpuQuotaExceeded",
  ],
  [answered("ClientException", "Capacity is unavailable at this time."), "noCapacity", "CapacityUnavailable"],
  [answered("ClientException", "Invalid 'cpu' setting"), "invalid", "ClientException"],
  [answered("UnsupportedFeatureException"), "invalid", "UnsupportedFeatureException"],
  [answered("SomethingNew"), "invalid", "SomethingNew"],
] as const)("%s is %s with reason %s", ([error, kind, reason]) => {
  expect(awsError(error)).toMatchObject({ kind, reason });
});

test("the cloud's own words and its error stay, and what means something to us already is left alone", () => {
  const error = answered("ClientException", "Invalid 'cpu' setting for task.");
  expect(awsError(error).message).toBe("Invalid 'cpu' setting for task.");
  expect(awsError(error).cause).toBe(error);
  const own = new ProviderError("refused", "Own", "own");
  expect(awsError(own)).toBe(own);
});

test("patience that the cloud asks for is in seconds, and only where it asks for patience", () => {
  const headers = { $response: { headers: { "retry-after": "7" } } };
  expect(awsError(Object.assign(answered("ThrottlingException"), headers)).retryAfter).toBe(7);
  expect(awsError(Object.assign(answered("ServerException", "x", 500), headers)).retryAfter).toBeUndefined();
  expect(awsError(answered("ThrottlingException")).retryAfter).toBeUndefined();
});

test("words of the network say that they are about AWS", () => {
  expect(awsError(socket("ENOTFOUND", "getaddrinfo ENOTFOUND x")).message).toBe(
    "AWS cannot be reached, check region, endpoint and the network's way there: getaddrinfo ENOTFOUND x",
  );
  expect(awsError(socket("ECONNRESET", "socket hang up")).message).toBe("AWS gave no answer: socket hang up");
});

test("missing credentials and a missing region come with what to do", () => {
  expect(awsError(named("CredentialsProviderError", "Could not load credentials")).message).toContain("AWS_PROFILE");
  expect(awsError(new Error("Region is missing")).message).toContain("AWS_REGION");
});

test.for([
  ["Capacity is unavailable at this time. Please try again later", "noCapacity", "CapacityUnavailable"],
  ["You've reached the limit on the number of vCPUs you can run concurrently", "noCapacity", "VcpuQuotaExceeded"],
  ["RESOURCE:ENI", "noCapacity", "InsufficientResources"],
  ["MISSING", "notFound", "LaunchFailed"],
  ["InternalError", "transient", "LaunchFailed"],
  ["", "transient", "LaunchFailed"],
] as const)("RunTask's failure %j is %s with reason %s", ([reason, kind, named]) => {
  expect(launchFailure({ reason })).toMatchObject({ kind, reason: named });
  expect(launchFailure({ reason, detail: "more" }).message).toContain("more");
});

test("a conflict names the tasks that were started with the token, and nothing else does", () => {
  const conflict = Object.assign(answered("ConflictException"), { resourceIds: ["arn:1"] });
  expect(conflictingTasks(awsError(conflict))).toEqual(["arn:1"]);
  expect(conflictingTasks(awsError(answered("ConflictException")))).toEqual([]);
  expect(conflictingTasks(awsError(Object.assign(answered("ClientException"), { resourceIds: ["arn:1"] })))).toEqual(
    [],
  );
  expect(conflictingTasks(conflict)).toEqual([]);
});
