import type { ServerResponse } from "node:http";

import type { HandlerContext } from "./handler.ts";

/** A whole answer as data; also what a refused upgrade is answered with. */
export interface Answer {
  readonly status: number;
  readonly type: "text/plain; charset=utf-8" | "application/json";
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export function text(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, type: "text/plain; charset=utf-8", body, headers };
}

function json(status: number, value: object): Answer {
  return { status, type: "application/json", body: JSON.stringify(value) };
}

/** metav1.Status: clients of streams and kubectl print its message, where plain text would drown in theirs. */
export function failure(code: number, reason: string, message: string): Answer {
  return json(code, { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason, code });
}

/** 501: this node's provider cannot do it, whatever the request says. */
export function notOffered(
  { provider, nodeName }: Pick<HandlerContext, "provider" | "nodeName">,
  what: string,
  capability: keyof NonNullable<HandlerContext["provider"]["absent"]>,
): Answer {
  const why = provider.absent?.[capability];
  const sentence = `provider "${provider.name}" of node "${nodeName}" offers ${what}`;
  return failure(501, "NotImplemented", why === undefined ? sentence : `${sentence}: ${why}`);
}

export function send(res: ServerResponse, answer: Answer): void {
  if (res.headersSent || res.destroyed) return;
  res.writeHead(answer.status, {
    "Content-Type": answer.type,
    "Content-Length": Buffer.byteLength(answer.body),
    // Nobody may guess a type out of what a container or a name contains.
    "X-Content-Type-Options": "nosniff",
    ...answer.headers,
  });
  res.end(answer.body);
}
