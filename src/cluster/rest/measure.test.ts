import { describe, expect, it } from "vitest";
import { fail, testApi, testRest } from "../testing.ts";
import { calls } from "./calls.ts";
import type { RequestSeen } from "./measure.ts";

const pod = { namespace: "default", name: "web" };

async function seenOf(
  answer: Parameters<typeof testApi>[0],
  ask: (rest: ReturnType<typeof testRest>) => Promise<unknown>,
): Promise<readonly Omit<RequestSeen, "seconds">[]> {
  const { url } = await testApi(answer);
  const seen: RequestSeen[] = [];
  await ask(testRest(url, { seen: (request) => seen.push(request) })).catch(() => undefined);
  expect(seen.every(({ seconds }) => seconds >= 0 && seconds < 5)).toBe(true);
  return seen.map(({ verb, resource, method, status }) => ({ verb, resource, method, status }));
}

const patch = { verb: "patch", resource: "pods/status", method: "PATCH" } as const;
const watch = { verb: "watch", resource: "pods", method: "GET" } as const;
const stream = { onChunk: () => undefined, idleMs: 1_000, signal: new AbortController().signal };

describe("a request, seen for metrics", () => {
  it("is told once with its status, whatever that is", async () => {
    const send = async (rest: ReturnType<typeof testRest>) => rest.send(calls.patchPodStatus, { ...pod, body: {} });
    expect(await seenOf(() => ({}), send)).toEqual([{ ...patch, status: 200 }]);
    expect(await seenOf((_, response) => fail(response, 422, "Invalid"), send)).toEqual([{ ...patch, status: 422 }]);
  });

  it("is told without a status when nobody answered", async () => {
    const cut = await seenOf(
      (_, response) => void response.destroy(),
      async (rest) => rest.send(calls.patchPodStatus, { ...pod, body: {} }),
    );
    expect(cut).toEqual([{ ...patch, status: undefined }]);
  });

  it("of a watch is told at its head, and its end is no second one", async () => {
    const ended = await seenOf(
      (_, response) => void response.writeHead(200).end("{}\n"),
      async (rest) => rest.stream(calls.watchPods, {}, stream),
    );
    expect(ended).toEqual([{ ...watch, status: 200 }]);
    const refused = await seenOf(
      (_, response) => fail(response, 410, "Expired"),
      async (rest) => rest.stream(calls.watchPods, {}, stream),
    );
    expect(refused).toEqual([{ ...watch, status: 410 }]);
  });

  it("outside the table of calls has no verb and resource", async () => {
    const seen = await seenOf(
      () => ({}),
      async (rest) => rest.getPath("/version"),
    );
    expect(seen).toEqual([{ verb: undefined, resource: undefined, method: "GET", status: 200 }]);
  });
});
