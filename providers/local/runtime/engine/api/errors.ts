/** The one table from what the engine says (or fails to say) to the kinds the core acts on. Pure. */
import { ProviderError } from "../../../../../src/provider.ts";
import type { ProviderErrorKind } from "../../../../../src/provider.ts";

/** A ProviderError of the engine; `status` is set when the engine gave an answer, so something definite is known. */
export class EngineError extends ProviderError {
  readonly status: number | undefined;

  constructor(
    kind: ProviderErrorKind,
    reason: string,
    message: string,
    options: { status?: number; retryAfter?: number; cause?: unknown } = {},
  ) {
    super(kind, reason, message, options);
    this.name = "EngineError";
    this.status = options.status;
  }
}

interface Row {
  readonly status: number | readonly [number, number];
  readonly message?: RegExp;
  readonly kind: ProviderErrorKind;
  readonly reason: string;
}

/** First match wins. podman answers 500 where Docker has a code of its own, so some rows read the words. */
const answers: readonly Row[] = [
  {
    status: [400, 599],
    message: /no space left on device|disk quota exceeded/i,
    kind: "noCapacity",
    reason: "EngineDiskFull",
  },
  {
    status: [400, 599],
    message: /cannot allocate memory|resource temporarily unavailable/i,
    kind: "noCapacity",
    reason: "EngineOutOfResources",
  },
  { status: [409, 500], message: /already in use|already exists/i, kind: "conflict", reason: "EngineConflict" },
  { status: 400, kind: "invalid", reason: "EngineRefused" },
  { status: [401, 403], kind: "denied", reason: "EngineDenied" },
  { status: 404, kind: "notFound", reason: "EngineNotFound" },
  { status: 409, kind: "conflict", reason: "EngineConflict" },
  { status: 429, kind: "throttled", reason: "EngineThrottled" },
  { status: [400, 499], kind: "invalid", reason: "EngineRefused" },
  { status: [500, 599], kind: "transient", reason: "EngineFailed" },
];

/** An answer that is no success; `message` is the engine's own words, unchanged. */
export function answerError(status: number, message: string, retryAfter?: number): EngineError {
  const row = answers.find(
    (candidate) =>
      covers(candidate.status, status) && (candidate.message === undefined || candidate.message.test(message)),
  );
  const options = retryAfter === undefined ? { status } : { status, retryAfter };
  return new EngineError(row?.kind ?? "unknown", row?.reason ?? "EngineAnswered", message, options);
}

function covers(range: Row["status"], status: number): boolean {
  return typeof range === "number" ? range === status : range[0] <= status && status <= range[1];
}

/** Errors are `{"message": …}`; podman adds a `cause`. */
export function engineWords(body: string): string {
  try {
    const told = JSON.parse(body) as { message?: unknown };
    if (typeof told.message === "string") return told.message;
  } catch {
    // Plain text then.
  }
  return body.trim();
}

/** Codes with which nothing can have reached the engine: the connection was never made. */
const neverReached = new Set([
  "ENOENT",
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/** No answer at all. `reading` calls change nothing, so for them doubt is harmless. */
export function connectionError(error: unknown, shown: string, reading: boolean): EngineError {
  const code = errorCode(error);
  const detail = error instanceof Error ? error.message : String(error);
  if (code === "EACCES" || code === "EPERM") {
    const fix = "run burstlet as a user who may open it, e.g. a member of the socket's group";
    return new EngineError("denied", "EngineForbidden", `container engine ${shown}: ${detail}; ${fix}`, {
      cause: error,
    });
  }
  if (/^(ERR_TLS|ERR_SSL|EPROTO|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/.test(code)) {
    const fix = "check that ca.pem, cert.pem and key.pem belong to this engine";
    return new EngineError("denied", "EngineTlsFailed", `container engine ${shown}: ${detail}; ${fix}`, {
      cause: error,
    });
  }
  if (reading || neverReached.has(code)) {
    const fix =
      "start the engine (docker, or podman.socket), or say where it listens: local.engine.host of this node in the " +
      "configuration, or DOCKER_HOST";
    return new EngineError(
      "transient",
      "EngineUnavailable",
      `container engine ${shown} does not answer: ${detail}; ${fix}`,
      { cause: error },
    );
  }
  const doubt = "the connection broke before the answer came; the request is repeated";
  return new EngineError("unknown", "EngineAnswerLost", `container engine ${shown}: ${detail}; ${doubt}`, {
    cause: error,
  });
}

function errorCode(error: unknown): string {
  if (typeof error !== "object" || error === null) return "";
  if ("code" in error && typeof error.code === "string") return error.code;
  return "cause" in error ? errorCode(error.cause) : "";
}

/** Does the error mean that the engine as a whole is out of reach, rather than that it disliked one request? */
export function engineIsAway(error: unknown): error is EngineError {
  return error instanceof EngineError && error.status === undefined;
}
