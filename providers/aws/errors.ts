/**
 * What an AWS error means for us: one table from its code to the closed union of `ProviderError`. Pure.
 *
 * The SDK does not retry (see `session.ts`), so every answer comes by here; its own classification is not used, because it
 * retries neither what RunTask says in `failures[]` nor EC2's throttling, which ECS wraps as InvalidParameterException.
 */
import { ProviderError, type ProviderErrorKind } from "../../src/provider.ts";

/** What is read of an error of the SDK, of its credential chain or of Node's sockets. */
interface Thrown {
  readonly name?: string;
  readonly message?: string;
  /** Node's, such as ECONNRESET. */
  readonly code?: string;
  readonly $fault?: "client" | "server";
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
}

/**
 * Words that say more than the code they come under, first match wins. ECS wraps errors of EC2 and IAM in its own
 * ClientException and InvalidParameterException; whether a quota is refused by an exception or in `failures[]` is not
 * documented, so both forms are read.
 */
const words: readonly (readonly [RegExp, ProviderErrorKind, string?])[] = [
  [/RequestLimitExceeded|\brate exceeded\b/i, "throttled"],
  [
    /limit on the number of vCPUs|vCPU.{0,40}(limit|quota)|(limit|quota).{0,40}vCPU/i,
    "noCapacity",
    "VcpuQuotaExceeded",
  ],
  [/capacity is unavailable/i, "noCapacity", "CapacityUnavailable"],
  [
    /task (was )?not found|Unable to (describe|find) task definition|TaskDefinition (is )?(inactive|not found)/i,
    "notFound",
  ],
  // ECS of one that the cluster was not given (from memory).
  [/capacity provider.{0,80}(not associated|not found|not exist)/i, "denied", "CapacityProviderMissing"],
  [/too many concurrent attempts/i, "conflict", "ConcurrentRegistration"],
  // The account's set-up and not the pod's fault: it can be mended while the pod waits.
  [/unable to assume the role|\brole\b.{0,60}(invalid|not exist|not valid)|not authorized/i, "denied"],
  [/(subnet|security group|network interface|cluster).{0,80}(not exist|not found|invalid|not valid)/i, "denied"],
  [/enough free addresses|insufficient free addresses|insufficientfreeaddresses/i, "noCapacity", "SubnetFull"],
];

const kinds: Readonly<Record<string, ProviderErrorKind>> = {
  ThrottlingException: "throttled",
  Throttling: "throttled",
  ThrottledException: "throttled",
  TooManyRequestsException: "throttled",
  RequestThrottled: "throttled",
  RequestThrottledException: "throttled",
  RequestLimitExceeded: "throttled",
  SlowDown: "throttled",

  AccessDenied: "denied",
  // Of a queue whose messages are encrypted with a key that one may not use.
  KmsAccessDenied: "denied",
  AccessDeniedException: "denied",
  UnauthorizedOperation: "denied",
  AuthFailure: "denied",
  OptInRequired: "denied",
  BlockedException: "denied",
  ExpiredToken: "denied",
  ExpiredTokenException: "denied",
  InvalidClientTokenId: "denied",
  InvalidAccessKeyId: "denied",
  UnrecognizedClientException: "denied",
  MissingAuthenticationToken: "denied",
  MissingAuthenticationTokenException: "denied",
  IncompleteSignature: "denied",
  InvalidSignatureException: "denied",
  SignatureDoesNotMatch: "denied",
  CredentialsProviderError: "denied",
  TokenProviderError: "denied",
  // The account lacks what the node is set up with; a pod can do nothing about it.
  ClusterNotFoundException: "denied",

  // The clock of this machine is wrong; the SDK has learnt by how much and signs the next request rightly.
  RequestExpired: "transient",
  RequestTimeTooSkewed: "transient",

  LimitExceededException: "noCapacity",
  ConflictException: "conflict",
  UpdateInProgressException: "conflict",
  ResourceInUseException: "conflict",
  ResourceAlreadyExistsException: "conflict",
  ResourceNotFoundException: "notFound",
  NoSuchEntityException: "notFound",
  NoSuchResourceException: "notFound",
  QueueDoesNotExist: "notFound",
  ParameterNotFound: "notFound",
  NoSuchKey: "notFound",
  NotFound: "notFound",
  // The set-up's fault, and not the pod's.
  NoSuchBucket: "denied",
  ParameterAlreadyExists: "conflict",
  TooManyUpdates: "throttled",
  ServerException: "transient",
  ServiceUnavailableException: "transient",
  ServiceUnavailable: "transient",
  InternalFailure: "transient",
  InternalServerError: "transient",

  ClientException: "invalid",
  InvalidParameterException: "invalid",
  ValidationException: "invalid",
  SerializationException: "invalid",
  UnsupportedFeatureException: "invalid",
  PlatformUnknownException: "invalid",
  PlatformTaskDefinitionIncompatibilityException: "invalid",
};

/** No connection was made, so nothing was sent. Every other failure of the network leaves doubt. */
const unsent: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EADDRNOTAVAIL",
  "EMFILE",
]);

/** The second one of an AWS_REGION that is set to nothing. */
const noRegion = /^Region (is missing|not accepted: region="" )/;

/** Any thrown thing, as what it means; what is a ProviderError already stays as it is. */
export function awsError(error: unknown): ProviderError {
  if (error instanceof ProviderError) return error;
  const thrown = (typeof error === "object" && error !== null ? error : {}) as Thrown;
  const text = thrown.message ?? String(error);
  const { kind, reason } = meaningOf(thrown, text);
  const retryAfter = kind === "throttled" ? secondsOf(thrown.$response?.headers?.["retry-after"]) : undefined;
  const message = kind === "denied" ? withHint(thrown.name, text) : (ofNetwork[reason]?.(text) ?? text);
  return new ProviderError(kind, reason, message, { cause: error, ...(retryAfter !== undefined && { retryAfter }) });
}

/** The network's words alone tell nobody that they are about AWS. */
const ofNetwork: Readonly<Record<string, (text: string) => string>> = {
  CloudUnreachable: (text) => `AWS cannot be reached, check region, endpoint and the network's way there: ${text}`,
  CloudSilent: (text) => `AWS gave no answer: ${text}`,
};

function meaningOf(thrown: Thrown, text: string): { kind: ProviderErrorKind; reason: string } {
  const { name = "Error", code = "", $metadata: { httpStatusCode: status } = {} } = thrown;
  const said = status === undefined && thrown.$fault === undefined ? undefined : meaningOfWords(text);
  if (said !== undefined) return { kind: said.kind, reason: said.reason ?? camel(name) };
  const known = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
  if (known !== undefined) return { kind: known, reason: camel(name) };
  if (status === 429) return { kind: "throttled", reason: camel(name) };
  // A gateway in between answers 5xx with a page that the SDK cannot read: no name, but a status.
  if (thrown.$fault === "server" || (status ?? 0) >= 500) return { kind: "transient", reason: "ServiceUnavailable" };
  if (status === 401 || status === 403) return { kind: "denied", reason: camel(name) };
  if (thrown.$fault === "client") return { kind: "invalid", reason: camel(name) };
  if (unsent.has(code) || isConnectTimeout(text)) return { kind: "transient", reason: "CloudUnreachable" };
  if (noRegion.test(text)) return { kind: "denied", reason: "RegionMissing" };
  return { kind: "unknown", reason: code === "" ? "ProviderFailed" : "CloudSilent" };
}

/** What RunTask says in `failures[]` with status 200. The kind is definite: with a failure nothing was started. */
export function launchFailure(failure: { reason?: string | undefined; detail?: string | undefined }): ProviderError {
  const { reason = "", detail } = failure;
  const message = detail === undefined || detail === "" ? reason : `${reason}: ${detail}`;
  const said = meaningOfWords(message);
  if (said !== undefined) return new ProviderError(said.kind, said.reason ?? "LaunchFailed", message);
  if (/^RESOURCE\b/i.test(reason)) return new ProviderError("noCapacity", "InsufficientResources", message);
  if (/^MISSING\b/i.test(reason)) return new ProviderError("notFound", "LaunchFailed", message);
  return new ProviderError(
    "transient",
    "LaunchFailed",
    message === "" ? "RunTask started nothing and does not say why" : message,
  );
}

/** ARNs of the tasks that a ConflictException names: they were started with the same token. */
export function conflictingTasks(error: unknown): readonly string[] {
  if (!(error instanceof ProviderError) || error.kind !== "conflict") return [];
  const { resourceIds } = (error.cause ?? {}) as { resourceIds?: readonly string[] };
  return resourceIds ?? [];
}

function meaningOfWords(text: string): { kind: ProviderErrorKind; reason: string | undefined } | undefined {
  const found = words.find(([pattern]) => pattern.test(text));
  return found === undefined ? undefined : { kind: found[1], reason: found[2] };
}

/** Without a hint, the commonest first failure would send people into the SDK's documentation. */
function withHint(name: string | undefined, text: string): string {
  if (name === "CredentialsProviderError")
    return `${text}. Give burstlet credentials of AWS: a role of its machine or service account, AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`;
  if (noRegion.test(text))
    return "no region of AWS is set: `region` in the node's part of the configuration, or AWS_REGION";
  return text;
}

function isConnectTimeout(text: string): boolean {
  return /did not establish a connection/.test(text);
}

/** A reason of an event is CamelCase: `ClientException`, and not `Client.Something`. */
function camel(name: string): string {
  const clean = name.replaceAll(/[^A-Za-z0-9]/g, "");
  return clean === "" || clean === "Error" ? "ProviderFailed" : clean;
}

function secondsOf(header: string | undefined): number | undefined {
  const seconds = Number(header ?? "");
  return header !== undefined && header !== "" && seconds >= 0 ? seconds : undefined;
}
