/**
 * What an answer of Azure Resource Manager means for us: one table from status and code to the closed union of
 * `ProviderError`. Codes of container groups are those of Azure's pages on troubleshooting, those of accounts and roles are
 * from memory; which of them come with the PUT and which later is not verified, so that they mean the same in both places.
 * Pure.
 */
import { ProviderError, type ProviderErrorKind } from "../../../src/provider.ts";

/** An answer with a status other than 2xx. */
export interface Refused {
  readonly status: number;
  /** By name in small letters. */
  header(name: string): string | undefined;
  /** As JSON has it: `{ error: { code, message, … } }`, or whatever a gateway in between says. */
  readonly body: unknown;
}

type Meaning = readonly [kind: ProviderErrorKind, reason?: string];

/** By code, whatever its status; a name of ours in place of the code where the kubelet has a word. */
const codes: Readonly<Record<string, Meaning>> = {
  InaccessibleImage: ["transient", "ErrImagePull"],
  RegistryErrorResponse: ["transient", "ErrImagePull"],
  // Nothing but another image would help.
  OsVersionNotSupported: ["invalid", "ErrImagePull"],

  ContainerGroupQuotaReached: ["noCapacity"],
  ContainerGroupTransitioning: ["conflict"],
  SubscriptionRequestsThrottled: ["throttled"],
  TooManyRequests: ["throttled"],
  ResourceNotFound: ["notFound"],

  // The subscription's set-up and not the pod's fault: it can be mended while the pod waits.
  AuthorizationFailed: ["denied"],
  AuthenticationFailed: ["denied"],
  ExpiredAuthenticationToken: ["denied"],
  InvalidAuthenticationToken: ["denied"],
  InvalidAuthenticationTokenTenant: ["denied"],
  InvalidSubscriptionId: ["denied"],
  LinkedAuthorizationFailed: ["denied"],
  LocationNotAvailableForResourceType: ["denied"],
  MissingSubscriptionRegistration: ["denied"],
  RequestDisallowedByPolicy: ["denied"],
  ResourceGroupNotFound: ["denied"],
  SubscriptionNotFound: ["denied"],
  SubscriptionNotRegistered: ["denied"],
};

/** Seconds before a group in transition is asked for again, as Azure's page on it says; the longest wait that is believed. */
const transition = 10;
const longestWait = 3_600;

export function armError(refused: Refused, cause?: unknown): ProviderError {
  const { code, message } = told(refused.body);
  const [kind, reason = camel(code)] = meaningOf(refused.status, code, message);
  const least = code === "ContainerGroupTransitioning" ? transition : 0;
  const asked = retryAfterOf(refused);
  const retryAfter = asked === undefined && least === 0 ? undefined : Math.max(least, asked ?? 0);
  const text = code === "" ? message : `${code}: ${message}`;
  return new ProviderError(
    kind,
    reason === "" ? "ProviderFailed" : reason,
    text === "" ? `Azure answered ${refused.status}` : text,
    {
      ...(retryAfter !== undefined && { retryAfter }),
      cause,
    },
  );
}

function meaningOf(status: number, code: string, message: string): Meaning {
  // A subscription that Azure has blocked has quotas of 0, which it tells under another code.
  if (code === "ServiceUnavailable" && /\bquota\b/i.test(message)) return ["noCapacity", "ContainerGroupQuotaReached"];
  if (code === "ServiceUnavailable" && status === 409) return ["noCapacity", "InsufficientCapacity"];
  const known = Object.hasOwn(codes, code) ? codes[code] : undefined;
  if (known !== undefined) return known;
  if (status === 429) return ["throttled"];
  if (status === 401 || status === 403) return ["denied"];
  if (status === 404) return ["notFound"];
  if (status === 409 || status === 412) return ["conflict"];
  if (status === 408 || status >= 500) return ["transient"];
  return status >= 400 ? ["invalid"] : ["unknown"];
}

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

/** The errors by which Azure's identity library says that it has no token (names of @azure/identity, from memory). */
const tokenless: ReadonlySet<string> = new Set([
  "AggregateAuthenticationError",
  "AuthenticationError",
  "AuthenticationRequiredError",
  "CredentialUnavailableError",
]);

/** What was thrown instead of an answer. */
export function unanswered(error: unknown): ProviderError {
  if (error instanceof ProviderError) return error;
  const {
    name = "",
    code = "",
    message = String(error),
  } = (typeof error === "object" && error !== null ? error : {}) as {
    readonly name?: string;
    readonly code?: string;
    readonly message?: string;
  };
  if (tokenless.has(name)) {
    const hint =
      "Give burstlet credentials of Azure: workload identity, a managed identity of its machine, or AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_CLIENT_SECRET";
    return new ProviderError("denied", "CredentialUnavailable", `${message}. ${hint}`, { cause: error });
  }
  if (unsent.has(code)) return new ProviderError("transient", "CloudUnreachable", message, { cause: error });
  return new ProviderError("unknown", "CloudSilent", message, { cause: error });
}

function told(body: unknown): { readonly code: string; readonly message: string } {
  const { error } = (typeof body === "object" && body !== null ? body : {}) as { readonly error?: unknown };
  const { code, message } = (typeof error === "object" && error !== null ? error : {}) as Readonly<
    Record<string, unknown>
  >;
  return { code: typeof code === "string" ? code : "", message: typeof message === "string" ? message : "" };
}

/** Seconds. Azure says it in any of three ways. */
function retryAfterOf({ header }: Refused): number | undefined {
  const milliseconds = numberOf(header("retry-after-ms") ?? header("x-ms-retry-after-ms"));
  const seconds = milliseconds === undefined ? numberOf(header("retry-after")) : milliseconds / 1000;
  return seconds === undefined ? undefined : Math.min(longestWait, seconds);
}

function numberOf(text: string | undefined): number | undefined {
  const number = Number(text ?? "");
  return text !== undefined && text !== "" && number >= 0 ? number : undefined;
}

/** A reason of an event is CamelCase. */
function camel(code: string): string {
  return code.replaceAll(/[^A-Za-z0-9]/g, "");
}
