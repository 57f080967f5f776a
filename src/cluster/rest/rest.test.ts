import type { ServerResponse } from "node:http";
import { describe, expect, it, onTestFinished } from "vitest";
import { eventually } from "../../../test/support/eventually.ts";
import { fakeClock } from "../../../test/support/fake-clock.ts";
import { systemClock } from "../../telemetry/clock.ts";
import { ApiError } from "../cluster.ts";
import { advanceUntil, fail, quietLog, testApi, testRest } from "../testing.ts";
import { calls } from "./calls.ts";
import { createHealth } from "./health.ts";
import type { Access } from "./kubeconfig.ts";
import { createRest, type Rest } from "./rest.ts";
import { createTransport } from "./transport.ts";

const pod = { namespace: "default", name: "web" };

describe("rest", () => {
  it("sends a patch as a strategic merge with field manager, user agent and credentials", async () => {
    const { url, requests } = await testApi(() => ({ kind: "Pod" }));
    await expect(testRest(url).send(calls.patchPodStatus, { ...pod, body: { status: {} } })).resolves.toEqual({
      kind: "Pod",
    });
    expect(requests[0]).toMatchObject({
      method: "PATCH",
      path: "/api/v1/namespaces/default/pods/web/status",
      query: { fieldManager: "burstlet" },
      headers: {
        "content-type": "application/strategic-merge-patch+json",
        "user-agent": "burstlet/test",
        authorization: "Bearer good",
      },
      body: { status: {} },
    });
  });

  it("keeps the path of the server's URL, as a proxy in front of it needs", async () => {
    const { url, requests } = await testApi(() => ({}));
    await testRest(`${url}/clusters/a/`).send(calls.getPod, pod);
    expect(requests[0]?.path).toBe("/clusters/a/api/v1/namespaces/default/pods/web");
  });

  it("turns an answer that is no success into an ApiError with reason, fields and Retry-After", async () => {
    const { url } = await testApi((_, response) =>
      fail(response, 422, "Invalid", { message: "wrong", fields: ["metadata.uid"], retryAfter: 3 }),
    );
    const error = await testRest(url)
      .send(calls.getPod, pod)
      .catch((each: unknown) => each);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({
      status: 422,
      reason: "Invalid",
      message: "wrong",
      fields: ["metadata.uid"],
      retryAfter: 3,
    });
  });

  it("quotes an answer that is no metav1.Status, as a proxy gives it", async () => {
    const { url } = await testApi((_, response) => void response.writeHead(502).end("<html>bad gateway"));
    await expect(testRest(url).send(calls.getPod, pod)).rejects.toMatchObject({
      status: 502,
      message: "The API server answered 502: <html>bad gateway",
    });
  });

  it.each([
    ["reads again", calls.getPod, 3],
    ["leaves a write to its caller", calls.patchPodStatus, 1],
  ])("%s when the connection is lost under a request", async (_, call, times) => {
    const { url, requests } = await testApi((__, response) => void response.destroy());
    await expect(testRest(url).send(call, { ...pod, body: call.verb === "patch" ? {} : undefined })).rejects.toThrow(
      /closed|reset/i,
    );
    expect(requests).toHaveLength(times);
  });

  it("gives up a request that nobody answers in time, also one that still waits for a connection", async () => {
    const clock = fakeClock();
    const { url } = await testApi(() => undefined);
    const rest = testRest(url, { clock, patienceMs: 30_000, connections: 1 });
    const failures: string[] = [];
    for (let count = 0; count < 3; count += 1) {
      void rest.send(calls.getPod, pod).catch((error: unknown) => failures.push(String(error)));
    }
    const start = clock.monotonic();
    await advanceUntil(clock, () => failures.length === 3, 1_000);
    expect(clock.monotonic() - start).toBeLessThanOrEqual(31_000);
    const words = "NoAnswerError: The API server was silent for 30 s (GET /api/v1/namespaces/default/pods/web).";
    expect(failures).toEqual([words, words, words]);
  });

  it("never sends what was given up while it waited for a connection", async () => {
    const held: ServerResponse[] = [];
    const { url, requests } = await testApi((seen, response) =>
      seen.method === "GET" ? void held.push(response) : {},
    );
    const rest = testRest(url, { connections: 1 });
    const first = rest.send(calls.getPod, pod);
    const giveUp = new AbortController();
    const waiting = rest.send(calls.patchPodStatus, { ...pod, body: { given: "up" }, signal: giveUp.signal });
    const last = rest.send(calls.patchPodStatus, { ...pod, body: { given: "last" } });
    await eventually("the first request", () => held.length === 1);
    giveUp.abort();
    await expect(waiting).rejects.toThrow();
    held[0]?.end("{}");
    await Promise.all([first, last]);
    expect(requests.map(({ body }) => body)).toEqual([undefined, { given: "last" }]);
  });

  it("leaves a watch its own connection: it never holds up a request", async () => {
    const { url } = await testApi((seen, response) => {
      if (seen.query["watch"] === undefined) return {};
      response.writeHead(200).flushHeaders();
      return undefined;
    });
    const rest = testRest(url, { connections: 1 });
    const stop = new AbortController();
    const how = { onChunk: () => undefined, idleMs: 60_000, signal: stop.signal };
    const watches = [1, 2, 3].map(async () =>
      rest.stream(calls.watchPods, { query: "watch=true" }, how).catch(() => "cut"),
    );
    await expect(rest.send(calls.getPod, pod)).resolves.toEqual({});
    stop.abort();
    await expect(Promise.all(watches)).resolves.toEqual(["cut", "cut", "cut"]);
  });
});

/** A Rest whose credentials the test writes; `read` counts how often they were asked for. */
function rotating(first: Access, clock = systemClock) {
  const state = { access: first, reads: 0, forgotten: 0 };
  const credentials = {
    origin: "test",
    read: async () => {
      state.reads += 1;
      return state.access;
    },
    forget: () => void (state.forgotten += 1),
  };
  const transport = createTransport({ credentials, clock, userAgent: "burstlet/test", connections: 4 });
  onTestFinished(() => transport.close());
  const health = createHealth(first.server, clock, quietLog);
  const rest: Rest = createRest({ transport, health, clock, log: quietLog, patienceMs: 120_000 });
  return { rest, state };
}

const bearer = (server: string, token: string): Access => ({
  server,
  proxyUrl: undefined,
  tls: {},
  headers: { authorization: `Bearer ${token}` },
});

describe("credentials", () => {
  const answerTo = (good: () => string) => (seen: { headers: object }, response: ServerResponse) =>
    (seen.headers as { authorization: string }).authorization === `Bearer ${good()}`
      ? {}
      : fail(response, 401, "Unauthorized");

  it("are read once for many requests within a minute, and then anew", async () => {
    const clock = fakeClock();
    const { url, requests } = await testApi(() => ({}));
    const { rest, state } = rotating(bearer(url, "one"), clock);
    await Promise.all(Array.from({ length: 20 }, async () => rest.send(calls.getPod, pod)));
    expect(state.reads).toBe(1);
    state.access = bearer(url, "two");
    await clock.advance(60_000);
    await rest.send(calls.getPod, pod);
    expect(requests.at(-1)?.headers["authorization"]).toBe("Bearer two");
    expect(state.reads).toBe(2);
  });

  it("are read again after a 401, and the request is sent once more, a write too", async () => {
    let good = "one";
    const { url, requests } = await testApi(answerTo(() => good));
    const { rest, state } = rotating(bearer(url, "one"));
    await rest.send(calls.getPod, pod);
    good = "two";
    state.access = bearer(url, "two");
    await expect(rest.send(calls.patchPodStatus, { ...pod, body: {} })).resolves.toEqual({});
    expect(requests.map(({ method }) => method)).toEqual(["GET", "PATCH", "PATCH"]);
    expect(state.forgotten).toBe(1);
  });

  it("that stay refused are not read again for each request", async () => {
    const clock = fakeClock();
    const { url } = await testApi(answerTo(() => "other"));
    const { rest, state } = rotating(bearer(url, "one"), clock);
    for (let count = 0; count < 5; count += 1) {
      await expect(rest.send(calls.getPod, pod)).rejects.toMatchObject({ status: 401 });
    }
    expect(state.forgotten).toBe(1);
    await clock.advance(5_000);
    await expect(rest.send(calls.getPod, pod)).rejects.toMatchObject({ status: 401 });
    expect(state.forgotten).toBe(2);
  });

  it("that cannot be read fail the request, and the next one tries again", async () => {
    const { url } = await testApi(() => ({}));
    const { rest, state } = rotating(bearer(url, "one"));
    const { access } = state;
    Object.defineProperty(state, "access", {
      configurable: true,
      get: () => {
        throw new Error("the plugin failed");
      },
    });
    await expect(rest.send(calls.getPod, pod)).rejects.toThrow("the plugin failed");
    Object.defineProperty(state, "access", { value: access });
    await expect(rest.send(calls.getPod, pod)).resolves.toEqual({});
  });

  it("that do not come fail the request after a while and name where they should come from", async () => {
    const clock = fakeClock();
    const credentials = {
      origin: "~/.kube/config",
      read: async () => new Promise<never>(() => undefined),
      forget: () => undefined,
    };
    const transport = createTransport({ credentials, clock, userAgent: "burstlet/test", connections: 1 });
    const health = createHealth("x", clock, quietLog);
    const rest = createRest({ transport, health, clock, log: quietLog, patienceMs: 5_000 });
    const outcome = expect(rest.send(calls.getPod, pod)).rejects.toThrow(
      "The credentials of ~/.kube/config were not there within 30 s",
    );
    await clock.advance(30_000);
    await outcome;
  });

  it("for another connection open a new one, and requests on the old one still end", async () => {
    const clock = fakeClock();
    const held: ServerResponse[] = [];
    const old = await testApi((_, response) => void held.push(response));
    const next = await testApi(() => ({ from: "next" }));
    const { rest, state } = rotating(bearer(old.url, "one"), clock);
    const slow = rest.send(calls.getPod, pod);
    await advanceUntil(clock, () => held.length === 1, 0);
    state.access = bearer(next.url, "one");
    await clock.advance(60_000);
    await expect(rest.send(calls.patchPodStatus, { ...pod, body: {} })).resolves.toEqual({ from: "next" });
    held[0]?.end(JSON.stringify({ from: "old" }));
    await expect(slow).resolves.toEqual({ from: "old" });
  });
});
