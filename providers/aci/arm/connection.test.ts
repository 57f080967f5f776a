import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { afterEach, describe, expect, test } from "vitest";
import { groupOf, identity, owner } from "../groups/testing.ts";
import { createArmBuckets } from "./buckets.ts";
import { createArmClient } from "./client.ts";
import { createConnection, credentialFor } from "./connection.ts";
import { unanswered } from "./errors.ts";

const closing: (() => void)[] = [];
afterEach(() => closing.splice(0).forEach((close) => close()));

const sending = (endpoint: string, ...credential: Parameters<typeof createConnection>[1][]) =>
  createConnection({ endpoint, subscription: "s" }, ...credential).send;
const limiter = () => ({
  run: async <T>(call: () => Promise<T>) => call(),
  waiting: 0,
  atMost: () => undefined,
  delay: () => 0,
  rate: 1,
});
const clientOf = (endpoint: string) =>
  createArmClient(
    { endpoint, subscription: "s", resourceGroup: "g" },
    owner,
    createArmBuckets(limiter),
    credentialFor(endpoint),
  );

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
    const answer = await sending(`${endpoint}/`)({
      method: "PUT",
      path: "/x?api-version=1",
      body: { other: { b: null } },
    });
    expect([answer.status, answer.header("x-ms-left"), answer.header("other")]).toEqual([201, "99", undefined]);
    expect(answer.body).toEqual({ brandNew: { a: [1] } });
    expect(seen).toEqual([["PUT", "/x?api-version=1", "application/json", "Bearer emulator", { other: { b: null } }]]);
  });

  test.for([503, 500, 429, 408])("that is answered %i is sent once, and the answer is handed on", async (status) => {
    let calls = 0;
    const endpoint = await endpointOf((_, response) => {
      calls++;
      response.writeHead(status, { "retry-after": "0" }).end("<html>");
    });
    const answer = await sending(endpoint)({ method: "PUT", path: "/x", body: {} });
    expect([answer.status, answer.body, answer.header("retry-after"), calls]).toEqual([status, "<html>", "0", 1]);
  });

  test("whose connection breaks is sent once, and leaves doubt; one that nobody hears does not", async () => {
    let calls = 0;
    const endpoint = await endpointOf((request) => {
      calls++;
      request.socket.destroy();
    });
    const put = { method: "PUT", path: "/x", body: {} } as const;
    const broken: unknown = await sending(endpoint)(put).catch((error: unknown) => error);
    expect([unanswered(broken).kind, calls]).toEqual(["unknown", 1]);
    closing.splice(0).forEach((close) => close());
    const unheard: unknown = await sending(endpoint)(put).catch((error: unknown) => error);
    expect(unanswered(unheard)).toMatchObject({ kind: "transient", reason: "CloudUnreachable" });
  });

  test("without an answer ends with its signal", async () => {
    const gone = new AbortController();
    const endpoint = await endpointOf(() => gone.abort());
    await expect(sending(endpoint)({ method: "GET", path: "/x" }, gone.signal)).rejects.toThrow(/abort/i);
  });

  test("without a token is not sent: who asks is told what to give", async () => {
    const error = Object.assign(new Error("no token"), { name: "CredentialUnavailableError" });
    const credential = {
      getToken: async (scopes: string | string[]) => Promise.reject(Object.assign(error, { scopes })),
    };
    const send = sending("https://127.0.0.1:9", credential);
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
  const { groups } = clientOf(endpoint);
  expect(await groups.create("bl-1", identity, { location: "westeurope" })).toEqual(groupOf({}));
  expect(puts).toEqual([{ location: "westeurope" }]);
});

describe("an operation of the SDK", () => {
  const bodies: unknown[] = [];
  const recording = async (answer: object, status = 200) =>
    endpointOf(async (request, response) => {
      const { method, url } = request;
      bodies.push([method, url, method === "POST" && url?.includes("/exec") ? await json(request) : undefined]);
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer));
    });
  const at =
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerInstance/containerGroups/bl-1/containers/c";
  const version = "api-version=2023-05-01";
  afterEach(() => bodies.splice(0));

  test("reads logs", async () => {
    const { containers } = clientOf(await recording({ content: "one\ntwo\n" }));
    expect(await containers.logs("bl-1", "c", { timestamps: true, tail: 5 })).toBe("one\ntwo\n");
    expect(await containers.logs("bl-1", "c", { timestamps: false })).toBe("one\ntwo\n");
    expect(bodies).toEqual([
      ["GET", `${at}/logs?${version}&tail=5&timestamps=true`, undefined],
      ["GET", `${at}/logs?${version}&timestamps=false`, undefined],
    ]);
  });

  test("gives the way into a stream, and shows nothing of what opens it", async () => {
    const { containers } = clientOf(await recording({ webSocketUri: "wss://x:19390/a", password: "p4ss" }));
    const terminal = { rows: 24, cols: 80 };
    const exec = await containers.exec("bl-1", "c", { command: "/bin/sh", terminal });
    expect([exec.webSocketUri, exec.password.reveal(), JSON.stringify(exec)]).toEqual([
      "wss://x:19390/a",
      "p4ss",
      expect.not.stringContaining("p4ss"),
    ]);
    expect((await containers.attach("bl-1", "c")).password.reveal()).toBe("p4ss");
    expect(bodies).toEqual([
      ["POST", `${at}/exec?${version}`, { command: "/bin/sh", terminalSize: terminal }],
      ["POST", `${at}/attach?${version}`, undefined],
    ]);
  });

  test("without the address of a stream is unknown", async () => {
    const { containers } = clientOf(await recording({}));
    await expect(containers.attach("bl-1", "c")).rejects.toMatchObject({ kind: "unknown" });
  });

  test("that is refused means what the same answer to a request of ours means, and is sent once", async () => {
    const refused = { error: { code: "AuthorizationFailed", message: "words" } };
    const { containers, usages } = clientOf(await recording(refused, 503));
    await expect(containers.logs("bl-1", "c", { timestamps: false })).rejects.toMatchObject({
      kind: "denied",
      reason: "AuthorizationFailed",
      message: "AuthorizationFailed: words",
    });
    await expect(usages("westeurope")).rejects.toMatchObject({ kind: "denied" });
    expect(bodies).toHaveLength(2);
  });

  test("that nobody hears is transient, and one that is given up says so", async () => {
    const endpoint = await recording({});
    closing.splice(0).forEach((close) => close());
    const { containers } = clientOf(endpoint);
    const logs = containers.logs("bl-1", "c", { timestamps: false });
    await expect(logs).rejects.toMatchObject({ kind: "transient", reason: "CloudUnreachable" });
    const given = containers.logs("bl-1", "c", { timestamps: false }, AbortSignal.abort(new Error("given up")));
    await expect(given).rejects.toThrow("given up");
  });

  test("tells the quotas of a region", async () => {
    const value = [{ name: { value: "ContainerGroups" }, currentValue: 3, limit: 100, unit: "Count" }];
    const { usages } = clientOf(await recording({ value }));
    expect(await usages("westeurope")).toEqual(value);
    const of = "/subscriptions/s/providers/Microsoft.ContainerInstance/locations/westeurope/usages";
    expect(bodies).toEqual([["GET", `${of}?${version}`, undefined]]);
  });
});

test("anything else is read as it is", async () => {
  const endpoint = await endpointOf(({ url }, response) => response.end(JSON.stringify({ url, new: true })));
  const path = "/subscriptions/s/providers/Microsoft.ContainerInstance?api-version=2021-04-01";
  expect(await clientOf(endpoint).get(path)).toEqual({ url: path, new: true });
});
