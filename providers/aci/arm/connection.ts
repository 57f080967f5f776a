/** The SDK's client of container instances, which sends each request once, and requests of ours over its pipeline. */
import { ContainerInstanceManagementClient } from "@azure/arm-containerinstance";
import {
  bearerTokenAuthenticationPolicyName,
  createHttpHeaders,
  createPipelineRequest,
  isRestError,
  type PipelinePolicy,
  type PipelineResponse,
} from "@azure/core-rest-pipeline";
import { DefaultAzureCredential, type TokenCredential } from "@azure/identity";
import type { AciConfig } from "../config.ts";
import { armError, unanswered } from "./errors.ts";
import type { ArmAnswer, Send } from "./requests.ts";

/** In place of a token. */
const emulator = "emulator";

/** Milliseconds until an answer that has not come is given up: longer than a PUT of a group has been seen to take. */
const patience = 60_000;

export interface Connection {
  /** Its typed operations are for what it loses no field of, and does not poll. */
  readonly sdk: ContainerInstanceManagementClient;
  readonly send: Send;
}

/**
 * What Azure's SDK finds: workload identity, variables, a managed identity, `az login`. Over plain http, of an emulator, no
 * token is asked for, and a word in its place is sent.
 */
export function credentialFor(endpoint: string): TokenCredential {
  if (!endpoint.startsWith("http:")) return new DefaultAzureCredential();
  return { getToken: async () => ({ token: emulator, expiresOnTimestamp: Infinity }) };
}

export function createConnection(
  { endpoint, subscription }: Pick<AciConfig, "endpoint" | "subscription">,
  credential: TokenCredential = credentialFor(endpoint),
): Connection {
  const base = endpoint.replace(/\/+$/, "");
  const isPlain = base.startsWith("http:");
  const sdk = new ContainerInstanceManagementClient(credential, subscription, {
    endpoint: base,
    allowInsecureConnection: isPlain,
    // By default it sends a PUT four times, and waits for as long as an answer says.
    retryOptions: { maxRetries: 0 },
    redirectOptions: { maxRetries: 0 },
  });
  if (isPlain) {
    sdk.pipeline.removePolicy({ name: bearerTokenAuthenticationPolicyName });
    sdk.pipeline.addPolicy(emulatorToken);
  }
  return {
    sdk,
    async send({ method, path, body }, signal) {
      const headers = createHttpHeaders({ accept: "application/json" });
      if (body !== undefined) headers.set("content-type", "application/json");
      const request = createPipelineRequest({
        url: `${base}${path}`,
        method,
        headers,
        timeout: patience,
        allowInsecureConnection: isPlain,
        ...(body !== undefined && { body: JSON.stringify(body) }),
        ...(signal && { abortSignal: signal }),
      });
      return sdk.sendRequest(request).then(answerOf, (error: unknown) => {
        // A gateway in between answers with a page, of which the pipeline says that it is no JSON.
        if (isRestError(error) && error.response !== undefined) return answerOf(error.response);
        throw error;
      });
    },
  };
}

/** An emulator refuses a call without a token, and no real one may go over plain http. */
const emulatorToken: PipelinePolicy = {
  name: "emulatorToken",
  async sendRequest(request, next) {
    request.headers.set("authorization", `Bearer ${emulator}`);
    return next(request);
  },
};

/** What of every operation of the SDK is the same. */
export interface Options {
  readonly abortSignal?: AbortSignal;
  readonly requestOptions: { readonly timeout: number };
}

/** What an operation of the SDK answers. Its errors are those of our own requests: ProviderErrors, or the signal's reason. */
export async function typed<T>(operation: (options: Options) => Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await operation({ requestOptions: { timeout: patience }, ...(signal && { abortSignal: signal }) });
  } catch (error) {
    signal?.throwIfAborted();
    throw isRestError(error) && error.response !== undefined
      ? armError(answerOf(error.response), error)
      : unanswered(error);
  }
}

function answerOf({ status, headers, bodyAsText }: PipelineResponse): ArmAnswer {
  return { status, header: (name) => headers.get(name), body: parsed(bodyAsText) };
}

/** A gateway in between answers with a page. */
function parsed(text: string | null | undefined): unknown {
  if (text === undefined || text === null || text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
