/**
 * What it means that Invoke has failed: the invocation surely has not run and may be sent again, surely will never run, or
 * nobody knows. A failure that is not in these tables is the last: it must never be sent again. Pure.
 */
import { ProviderError } from "../../../src/provider.ts";
import { awsError } from "../../aws/errors.ts";

export type Failure =
  | {
      readonly is: "notRun";
      readonly reason: string;
      readonly message: string;
      readonly retryAfter?: number | undefined;
    }
  | { readonly is: "impossible"; readonly reason: string; readonly message: string }
  | { readonly is: "unknown"; readonly message: string };

/** Names of errors of Invoke (AWS's model of the API) that say that the function was not run, though it may later. */
const notYet: Readonly<Record<string, string>> = {
  TooManyRequestsException: "LambdaThrottled",
  EC2ThrottledException: "LambdaThrottled",
  ENINotReadyException: "LambdaFunctionPending",
  ResourceConflictException: "LambdaFunctionPending",
  ResourceNotReadyException: "LambdaFunctionPending",
  CodeArtifactUserPendingException: "LambdaFunctionPending",
  SnapStartNotReadyException: "LambdaFunctionPending",
  KMSDisabledException: "LambdaFunctionUnavailable",
  KMSInvalidStateException: "LambdaFunctionUnavailable",
  KMSAccessDeniedException: "LambdaFunctionUnavailable",
  KMSNotFoundException: "LambdaFunctionUnavailable",
  SubnetIPAddressLimitReachedException: "LambdaFunctionUnavailable",
};

/** The function, its code or the payload would have to be another one. */
const never: ReadonlySet<string> = new Set([
  "ResourceNotFoundException",
  "InvalidRequestContentException",
  "InvalidParameterValueException",
  "InvalidRuntimeException",
  "InvalidSecurityGroupIDException",
  "InvalidSubnetIDException",
  "InvalidZipFileException",
  "RequestTooLargeException",
  "UnsupportedMediaTypeException",
]);

export function failureOf(error: unknown): Failure {
  const meant = awsError(error);
  const { message } = meant;
  const name = nameOf(meant, error);
  const later = Object.hasOwn(notYet, name) ? notYet[name] : undefined;
  if (later !== undefined) return { is: "notRun", reason: later, message, retryAfter: meant.retryAfter };
  if (never.has(name)) return { is: "impossible", reason: "LambdaFunctionUnavailable", message };
  // What a gateway in between has answered says nothing about the function, whatever its words.
  if (isServers(meant)) return { is: "unknown", message };
  if (meant.kind === "throttled")
    return { is: "notRun", reason: "LambdaThrottled", message, retryAfter: meant.retryAfter };
  if (meant.kind === "denied") return { is: "notRun", reason: meant.reason, message };
  if (meant.reason === "CloudUnreachable") return { is: "notRun", reason: meant.reason, message };
  return { is: "unknown", message };
}

/** Of an asynchronous invocation that Lambda has surely not accepted: as the core is told of it. */
export function refusalOf(failure: Exclude<Failure, { is: "unknown" }>, error: unknown): ProviderError {
  const { reason, message } = failure;
  const cause = { cause: error };
  if (failure.is === "impossible") return new ProviderError("invalid", reason, message, cause);
  const meant = awsError(error);
  if (meant.kind === "denied") return meant;
  const { retryAfter } = failure;
  const kind = reason === "LambdaThrottled" ? "throttled" : "noCapacity";
  return new ProviderError(kind, reason, message, { ...cause, ...(retryAfter !== undefined && { retryAfter }) });
}

function isServers({ cause }: ProviderError): boolean {
  const { $metadata: { httpStatusCode: status = 0 } = {} } = (cause ?? {}) as {
    readonly $metadata?: { readonly httpStatusCode?: number };
  };
  return status >= 500;
}

function nameOf(meant: ProviderError, error: unknown): string {
  const { name } = (error === meant ? (meant.cause ?? {}) : (error ?? {})) as { readonly name?: unknown };
  return typeof name === "string" ? name : "";
}
