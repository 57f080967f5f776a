/**
 * A request whose connection becomes a raw stream to a container, as the Docker API does for exec and attach: HTTP
 * up to the answer 101, and from then on bytes both ways. Closing our writing side is the end of the container's
 * stdin, over TLS by close_notify.
 */
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Endpoint } from "./endpoint.ts";
import { answerError, connectionError, engineWords } from "./errors.ts";

export interface HijackCall {
  readonly query?: Readonly<Record<string, string>>;
  readonly json?: object;
}

/** Rejects with an EngineError. Whoever gets the connection has to destroy it. */
export type Hijack = (path: string, call: HijackCall) => Promise<Duplex>;

/** As long as for any other request (ms). */
const answerTimeout = 120_000;

export function createHijack({ origin, socketPath, tls, shown }: Endpoint): Hijack {
  const { hostname, port } = new URL(origin);
  // An address of version 6 is in brackets in a URL and without them everywhere else.
  const place = socketPath === undefined ? { host: hostname.replace(/^\[(.*)\]$/, "$1"), port } : { socketPath };
  return (path, { query, json }) => {
    const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
    const body = json === undefined ? "" : JSON.stringify(json);
    const words = new URLSearchParams(query).toString();
    const request = (tls === undefined ? httpRequest : httpsRequest)({
      ...place,
      ...tls,
      agent: false,
      method: "POST",
      path: words === "" ? path : `${path}?${words}`,
      timeout: answerTimeout,
      headers: {
        "Content-Type": "application/json",
        "Content-Length": Buffer.byteLength(body),
        Connection: "Upgrade",
        Upgrade: "tcp",
      },
    });
    const failed = (error: unknown): void => reject(connectionError(error, shown, false));
    request.on("error", failed);
    request.on("timeout", () => request.destroy(new Error(`no answer within ${answerTimeout / 1000} s`)));
    request.on("response", (answer) => void wordsOf(answer).then(reject, failed));
    request.on("upgrade", (_answer, connection, head) => {
      if (connection instanceof Socket) connection.setTimeout(0).setNoDelay(true);
      connection.unshift(head);
      resolve(connection);
    });
    request.end(body);
    return promise;
  };
}

/** An answer without an upgrade is a refusal, also a 200: there is no stream. */
async function wordsOf(answer: IncomingMessage): Promise<Error> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return answerError(answer.statusCode ?? 0, engineWords(Buffer.concat(chunks).toString()));
}
