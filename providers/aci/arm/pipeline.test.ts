import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { afterEach, describe, expect, test } from "vitest";
import { groupOf, identity, owner } from "../groups/testing.ts";
import { createArmBuckets } from "./buckets.ts";
import { createGroupsClient } from "./client.ts";
import { unanswered } from "./errors.ts";
import { createSend } from "./pipeline.ts";

const closing: (() => void)[] = [];
afterEach(() => closing.splice(0).forEach((close) => close()));

async function endpointOf(answer: (request: IncomingMessage, response: ServerResponse) => unknown): Promise<string> {
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("a request", () => {
  test("carries JSON as it is, and so does its answer, with headers and fields that no SDK knows", async () => {
    const seen: unknown[] = [];
    const endpoint = await endpointOf(async (request, response) => {
      const { method, url, headers } = request;
      seen.push([method, url, headers["content-type"], headers.authorization, await json(request)]);
      response.writeHead(201, { "X-Ms-Left": "99" }).end(JSON.stringify({ brandNew: { a: [1] } }));
    });
    const answer = await createSend(`${endpoint}/`)({
      method: "PUT",
      path: "/x?api-version=1",
      body: { other: { b: null } },
    });
    expect([answer.status, answer.header("x-ms-left"), answer.header("other")]).toEqual([201, "99", undefined]);
    expect(answer.body).toEqual({ brandNew: { a: [1] } });
    expect(seen).toEqual([["PUT", "/x?api-version=1", "application/json", undefined, { other: { b: null } }]]);
  });

  test.for([503, 500, 429, 408])("that is answered %i is sent once, and the answer is handed on", async (status) => {
    let calls = 0;
    const endpoint = await endpointOf((_, response) => {
      calls++;
      response.writeHead(status, { "retry-after": "0" }).end("<html>");
    });
    const answer = await createSend(endpoint)({ method: "PUT", path: "/x", body: {} });
    expect([answer.status, answer.body, answer.header("retry-after"), calls]).toEqual([status, "<html>", "0", 1]);
  });

  test("whose connection breaks is sent once, and leaves doubt; one that nobody hears does not", async () => {
    let calls = 0;
    const endpoint = await endpointOf((request) => {
      calls++;
      request.socket.destroy();
    });
    const put = { method: "PUT", path: "/x", body: {} } as const;
    const broken: unknown = await createSend(endpoint)(put).catch((error: unknown) => error);
    expect([unanswered(broken).kind, calls]).toEqual(["unknown", 1]);
    closing.splice(0).forEach((close) => close());
    const unheard: unknown = await createSend(endpoint)(put).catch((error: unknown) => error);
    expect(unanswered(unheard)).toMatchObject({ kind: "transient", reason: "CloudUnreachable" });
  });

  test("without an answer ends with its signal", async () => {
    const gone = new AbortController();
    const endpoint = await endpointOf(() => gone.abort());
    await expect(createSend(endpoint)({ method: "GET", path: "/x" }, gone.signal)).rejects.toThrow(/abort/i);
  });

  test("without a token is not sent: who asks is told what to give", async () => {
    const error = Object.assign(new Error("no token"), { name: "CredentialUnavailableError" });
    const credential = {
      getToken: async (scopes: string | string[]) => Promise.reject(Object.assign(error, { scopes })),
    };
    const send = createSend("https://127.0.0.1:9", credential);
    const thrown: unknown = await send({ method: "GET", path: "/x" }).catch((reason: unknown) => reason);
    expect(unanswered(thrown)).toMatchObject({ kind: "denied", reason: "CredentialUnavailable" });
    expect(error).toMatchObject({ scopes: ["https://127.0.0.1:9/.default"] });
  });
});

test("a group whose PUT was answered 503 and that runs all the same is made once and found", async () => {
  const puts: unknown[] = [];
  const endpoint = await endpointOf(async (request, response) => {
    if (request.method === "PUT") {
      puts.push(await json(request));
      return response.writeHead(503).end(JSON.stringify({ error: { code: "ServerTimeout", message: "words" } }));
    }
    if (puts.length > 0) return response.end(JSON.stringify(groupOf({})));
    return response.writeHead(404).end(JSON.stringify({ error: { code: "ResourceNotFound", message: "words" } }));
  });
  const limiter = () => ({ run: async <T>(call: () => Promise<T>) => call(), waiting: 0, delay: () => 0, rate: 1 });
  const client = createGroupsClient({
    config: { subscription: "s", resourceGroup: "g" },
    owner,
    send: createSend(endpoint),
    buckets: createArmBuckets(limiter),
  });
  expect(await client.create("bl-1", identity, { location: "westeurope" })).toEqual(groupOf({}));
  expect(puts).toEqual([{ location: "westeurope" }]);
});
