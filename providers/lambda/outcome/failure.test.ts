import { expect, test } from "vitest";
import { ProviderError } from "../../../src/provider.ts";
import { failureOf } from "./failure.ts";

const answered = (name: string, status: number, message = "words"): Error =>
  Object.assign(new Error(message), {
    name,
    $fault: status < 500 ? "client" : "server",
    $metadata: { httpStatusCode: status },
  });
const socket = (code: string): Error => Object.assign(new Error(code), { code, $metadata: { attempts: 1 } });

test.for<[string, Error, string, string?]>([
  ["a throttle", answered("TooManyRequestsException", 429), "notRun", "LambdaThrottled"],
  [
    "one of EC2, which comes as an error of the server",
    answered("EC2ThrottledException", 502),
    "notRun",
    "LambdaThrottled",
  ],
  ["a throttle of the API in front", answered("ThrottlingException", 400), "notRun", "LambdaThrottled"],
  [
    "a function that is being made ready",
    answered("ResourceConflictException", 409),
    "notRun",
    "LambdaFunctionPending",
  ],
  ["a function that is being woken", answered("SnapStartNotReadyException", 409), "notRun", "LambdaFunctionPending"],
  ["a key that is disabled", answered("KMSDisabledException", 502), "notRun", "LambdaFunctionUnavailable"],
  ["a missing right", answered("AccessDeniedException", 403), "notRun", "AccessDeniedException"],
  ["no connection", socket("ECONNREFUSED"), "notRun", "CloudUnreachable"],
  ["no name", socket("ENOTFOUND"), "notRun", "CloudUnreachable"],
  ["a deleted function", answered("ResourceNotFoundException", 404), "impossible", "LambdaFunctionUnavailable"],
  ["no JSON", answered("InvalidRequestContentException", 400), "impossible", "LambdaFunctionUnavailable"],
  ["an error of the service", answered("ServiceException", 500), "unknown"],
  ["one of a gateway that speaks of throttling", answered("Unknown", 503, "Rate exceeded"), "unknown"],
  ["one of a gateway that is called as a throttle", answered("SlowDown", 503), "unknown"],
  ["a cut connection", socket("ECONNRESET"), "unknown"],
  ["a broken pipe", socket("EPIPE"), "unknown"],
  ["a silent connection", socket("ETIMEDOUT"), "unknown"],
  ["an error that this version does not know", answered("SomethingNewException", 400), "unknown"],
  ["anything else", new Error("surprise"), "unknown"],
])("%s: %s", ([, error, is, reason]) => {
  expect(failureOf(error)).toMatchObject(reason === undefined ? { is } : { is, reason });
});

test("a bucket's throttle has what the SDK has thrown as its cause, and means the same", () => {
  const cause = answered("TooManyRequestsException", 429);
  const error = new ProviderError("throttled", "LambdaThrottled", "words", { cause, retryAfter: 7 });
  expect(failureOf(error)).toEqual({ is: "notRun", reason: "LambdaThrottled", message: "words", retryAfter: 7 });
});
