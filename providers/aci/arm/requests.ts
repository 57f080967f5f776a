/** One request to Azure Resource Manager and its answer, as JSON of ours. */
import { ProviderError } from "../../../src/provider.ts";
import type { ArmBuckets } from "./buckets.ts";
import { armError, unanswered } from "./errors.ts";

export interface ArmRequest {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  /** From `/subscriptions` on, with its query. */
  readonly path: string;
  readonly body?: unknown;
}

export interface ArmAnswer {
  readonly status: number;
  /** By name in small letters. */
  header(name: string): string | undefined;
  /** JSON as it came; text where it is none. */
  readonly body: unknown;
}

/** One request, and never a second one: a PUT that is repeated starts a group's containers again. Rejects without an answer. */
export type Send = (request: ArmRequest, signal?: AbortSignal) => Promise<ArmAnswer>;

/** The body of an answer of success to a GET; else a ProviderError, or the signal's reason. Waits in the bucket of reads. */
export type Get = (path: string, signal?: AbortSignal) => Promise<unknown>;

/** `ask`: the answer, if it is one of success; else what is wrong. */
export function asking(
  send: Send,
  buckets: Pick<ArmBuckets, "read">,
): {
  readonly ask: Send;
  readonly get: Get;
  readonly pages: (path: string, signal?: AbortSignal) => Promise<unknown[]>;
} {
  const ask: Send = async (request, signal) => {
    const answer = await send(request, signal).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw unanswered(error);
    });
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw armError(answer);
  };
  const get: Get = async (path, signal) =>
    (await buckets.read(async () => ask({ method: "GET", path }, signal), signal)).body;
  const pages = async (first: string, signal?: AbortSignal): Promise<unknown[]> => {
    const all: unknown[] = [];
    for (let path: string | undefined = first; path !== undefined;) {
      const page = ((await get(path, signal)) ?? {}) as { value?: readonly unknown[]; nextLink?: string | null };
      all.push(...(page.value ?? []));
      path = typeof page.nextLink === "string" && page.nextLink !== "" ? pathOf(page.nextLink) : undefined;
    }
    return all;
  };
  return { ask, get, pages };
}

export function isNotFound(error: unknown): boolean {
  return error instanceof ProviderError && error.kind === "notFound";
}

/** The next page, of the service that was asked: whatever host the link names gets no token. */
function pathOf(link: string): string {
  const { pathname, search } = new URL(link, "https://management.azure.com");
  return `${pathname}${search}`;
}
