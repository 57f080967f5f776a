/** Requests to Azure Resource Manager over the pipeline of Azure's SDK, as JSON of ours: its typed clients drop unknown fields. */
import {
  bearerTokenAuthenticationPolicy,
  createDefaultHttpClient,
  createHttpHeaders,
  createPipelineFromOptions,
  createPipelineRequest,
  type Pipeline,
} from "@azure/core-rest-pipeline";
import { DefaultAzureCredential, type TokenCredential } from "@azure/identity";
import type { Send } from "./client.ts";

/** Milliseconds until an answer that has not come is given up: longer than a PUT of a group has been seen to take. */
const patience = 60_000;

/**
 * `endpoint`: as the configuration has it; over plain http, of an emulator, no token is asked for or sent. `credential`:
 * by default what Azure's SDK finds: workload identity, variables, a managed identity, `az login`.
 */
export function createSend(endpoint: string, credential?: TokenCredential): Send {
  const base = endpoint.replace(/\/+$/, "");
  const isPlain = base.startsWith("http:");
  const http = createDefaultHttpClient();
  const pipeline = pipelineFor(base, isPlain ? undefined : (credential ?? new DefaultAzureCredential()));
  return async ({ method, path, body }, signal) => {
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
    const { status, headers: told, bodyAsText } = await pipeline.sendRequest(http, request);
    return { status, header: (name) => told.get(name), body: parsed(bodyAsText) };
  };
}

/** It repeats nothing: by default the SDK sends a PUT four times, and waits for as long as an answer says. */
function pipelineFor(base: string, credential: TokenCredential | undefined): Pipeline {
  const pipeline = createPipelineFromOptions({ retryOptions: { maxRetries: 0 }, redirectOptions: { maxRetries: 0 } });
  if (credential !== undefined) {
    pipeline.addPolicy(bearerTokenAuthenticationPolicy({ credential, scopes: `${base}/.default` }));
  }
  return pipeline;
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
