/** GET, once, as the kubelet does it (k8s.io/kubernetes v1.36 pkg/probe/http): 200 to 399 is success. */
import { type IncomingMessage, request as plain } from "node:http";
import { request as secure } from "node:https";
import { mostOutput, type Outcome, type ProbeAction } from "../probe.ts";
import { dialTrouble, hostPort } from "./words.ts";

export type HttpQuestion = Extract<ProbeAction, { via: "http" }> & {
  readonly host: string;
  readonly userAgent: string;
};

const mostRedirects = 10;
const followed: readonly number[] = [301, 302, 303, 307, 308];

/** Follows redirects on the same host alone: one to elsewhere is a success with a warning. */
export async function probeHttp(question: HttpQuestion, signal: AbortSignal): Promise<Outcome> {
  const first = urlOf(question);
  let headers = headersOf(question);
  let url = first;
  for (let hops = 0; ; hops++) {
    const answer = await get(url, headers, signal);
    if ("trouble" in answer) return { result: "failure", message: `Get "${first.href}": ${answer.trouble}` };
    const { statusCode = 0, headers: told } = answer.response;
    const target = followed.includes(statusCode) ? told.location : undefined;
    const next = target === undefined || !URL.canParse(target, url.href) ? undefined : new URL(target, url);
    if (next === undefined || next.hostname !== first.hostname) return verdict(answer.response, signal);
    answer.response.destroy();
    if (hops + 1 >= mostRedirects) {
      return { result: "failure", message: `Get "${next.href}": stopped after ${mostRedirects} redirects` };
    }
    // A Host of the pod's author is meant for this server; a whole address names its own.
    if (URL.canParse(target ?? "")) headers = without(headers, "host");
    url = next;
  }
}

async function verdict(response: IncomingMessage, signal: AbortSignal): Promise<Outcome> {
  const { statusCode = 0 } = response;
  if (statusCode < 200 || statusCode >= 400) {
    response.destroy();
    // The body stays out of it: who may read events need not be one who may read what the pod answers.
    return { result: "failure", message: `HTTP probe failed with statuscode: ${statusCode}` };
  }
  const body = await bodyOf(response);
  if (body === undefined || signal.aborted) return { result: "error", message: "the answer broke off" };
  if (statusCode < 300) return { result: "success", message: body };
  return { result: "warning", message: `Probe terminated redirects, Response body: ${body}` };
}

/** Its beginning; `undefined` when it ends before its end. */
async function bodyOf(response: IncomingMessage): Promise<string | undefined> {
  const kept: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      kept.push(chunk);
      length += chunk.length;
      if (length >= mostOutput) break;
    }
  } catch {
    return undefined;
  }
  return Buffer.concat(kept).subarray(0, mostOutput).toString();
}

type Answer = { readonly response: IncomingMessage } | { readonly trouble: string };

function get(url: URL, headers: Headers, signal: AbortSignal): Promise<Answer> {
  const options = { agent: false, headers, signal, rejectUnauthorized: false } as const;
  const late = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)";
  const address = hostPort(
    url.hostname.replace(/^\[|\]$/g, ""),
    Number(url.port || (url.protocol === "https:" ? 443 : 80)),
  );
  return new Promise((resolve) => {
    const request = (url.protocol === "https:" ? secure : plain)(url, options, (response) => resolve({ response }));
    request.once("error", (error) => {
      resolve({ trouble: signal.aborted ? late : dialTrouble(error, address) });
    });
    request.end();
  });
}

/** What the author wrote behind the address is a path, whatever it looks like; a fragment is not sent. */
function urlOf({ scheme, host, port, path }: HttpQuestion): URL {
  return new URL(`${scheme}://${hostPort(host, port)}${path.startsWith("/") ? "" : "/"}${path}`);
}

type Headers = Readonly<Record<string, string | string[]>>;

function headersOf({ headers, userAgent }: HttpQuestion): Headers {
  const lists = Map.groupBy(headers, ({ name }) => name.toLowerCase());
  const written: Record<string, string | string[]> = Object.fromEntries(
    [...lists].map(([name, list]) => [name, list.map(({ value }) => value)]),
  );
  const host = lists.get("host")?.[0]?.value;
  const all = { "user-agent": userAgent, accept: "*/*", ...written, ...(host !== undefined && { host }) };
  // An empty one is the author's way to send none.
  return lists.get("accept")?.[0]?.value === "" ? without(all, "accept") : all;
}

function without(headers: Headers, name: string): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name));
}
