import type { ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { fakeClock } from "../../test/support/fake-clock.ts";
import { createReferences } from "./references.ts";
import { calls } from "./rest/calls.ts";
import { advanceUntil, fail, testApi, testRest, type Seen } from "./testing.ts";

interface Map {
  readonly metadata?: { managedFields?: unknown };
  readonly data: string;
}

/** The API server's clock is the fake one's, as far as its Date header tells. */
async function begin(answer: (seen: Seen, response: ServerResponse) => unknown = () => undefined) {
  const clock = fakeClock();
  let version = 0;
  const api = await testApi((seen, response) => {
    response.setHeader("date", new Date(clock.now()).toUTCString());
    const other = answer(seen, response);
    if (other !== undefined || response.headersSent) return other === "held" ? undefined : other;
    version += 1;
    return { metadata: { managedFields: [] }, data: `v${version}` };
  });
  const references = createReferences<Map>(calls.getConfigMap, testRest(api.url, { clock }), clock, () => 0.5);
  const read = async (newerThan?: string): Promise<string | undefined> =>
    (await references.get("default", "settings", newerThan))?.data;
  return { ...api, clock, read, references };
}

describe("references", () => {
  it("are read once for many askers at the same time, and kept for about a minute", async () => {
    const { read, requests, clock } = await begin();
    expect(await Promise.all(Array.from({ length: 10 }, async () => read()))).toEqual(Array(10).fill("v1"));
    await clock.advance(59_000);
    expect(await read()).toBe("v1");
    await clock.advance(2_000);
    expect(await read()).toBe("v2");
    expect(requests.map(({ path }) => path)).toEqual(Array(2).fill("/api/v1/namespaces/default/configmaps/settings"));
  });

  it("are told apart by namespace and name", async () => {
    const { references, requests } = await begin();
    await Promise.all([references.get("a", "b"), references.get("a", "c"), references.get("b", "b")]);
    expect(requests).toHaveLength(3);
  });

  it("of the whole cluster have no namespace", async () => {
    const { api, clock } = await begin().then(({ clock, ...api }) => ({ api, clock }));
    const volumes = createReferences<Map>(calls.getVolume, testRest(api.url, { clock }), clock, () => 0.5);
    expect(await volumes.get("", "pv")).toMatchObject({ data: "v1" });
    expect(api.requests.map(({ path }) => path)).toEqual(["/api/v1/persistentvolumes/pv"]);
  });

  it("that do not exist are looked for again after two seconds, so that a waiting pod starts soon", async () => {
    let exists = false;
    const { read, requests, clock } = await begin((_, response) =>
      exists ? undefined : fail(response, 404, "NotFound"),
    );
    expect(await read()).toBeUndefined();
    expect(await read()).toBeUndefined();
    expect(requests).toHaveLength(1);
    exists = true;
    await clock.advance(2_001);
    expect(await read()).toBe("v1");
  });

  it("that could not be read reject, and the next asker tries anew", async () => {
    let broken = true;
    const { read } = await begin((_, response) => (broken ? fail(response, 500, "InternalError") : undefined));
    await expect(read()).rejects.toMatchObject({ status: 500 });
    broken = false;
    expect(await read()).toBe("v1");
  });

  it.for([
    ['User "x" cannot get resource "persistentvolumeclaims"', "kubectl apply -f deploy/rbac-volumes.yaml"],
    ["exceeded quota: tiny", undefined],
  ] as const)("that are forbidden by %s reject with what gives the right: %s", async ([why, fix]) => {
    const api = await testApi((_, response) =>
      fail(response, 403, "Forbidden", { message: `claims "c" is forbidden: ${why}` }),
    );
    const clock = fakeClock();
    const claims = createReferences<Map>(calls.getClaim, testRest(api.url, { clock }), clock, () => 0.5);
    const error: unknown = await claims.get("ns", "c").catch((reason: unknown) => reason);
    expect(error).toMatchObject({ status: 403, reason: "Forbidden" });
    const { message } = error as Error;
    expect(message).toContain(why);
    expect(message.includes("kubectl apply")).toBe(fix !== undefined);
    expect(message).toContain(fix ?? why);
  });

  it("are read again for a pod created in the second of the last reading or later, and not for an older pod", async () => {
    const { read, clock } = await begin();
    const second = (ms: number): string => new Date(Math.floor(ms / 1000) * 1000).toISOString();
    const readAt = clock.now();
    expect(await read(second(readAt))).toBe("v1");
    expect(await read(second(readAt - 1_000))).toBe("v1");
    expect(await read(second(readAt))).toBe("v2");
    await clock.advance(1_000);
    expect(await read(second(readAt))).toBe("v3");
    expect(await read(second(readAt))).toBe("v3");
    expect(await read()).toBe("v3");
  });

  it("are still read once when many new pods ask at the same time", async () => {
    const held: ServerResponse[] = [];
    const { read, clock } = await begin((_, response) => {
      held.push(response);
      return "held";
    });
    const created = new Date(clock.now()).toISOString();
    const all = Promise.all(Array.from({ length: 10 }, async () => read(created)));
    await advanceUntil(clock, () => held.length > 0, 0);
    held[0]?.end(JSON.stringify({ data: "v1" }));
    expect(await all).toEqual(Array(10).fill("v1"));
    expect(held).toHaveLength(1);
  });

  it("keep no managedFields", async () => {
    const { references } = await begin();
    expect((await references.get("default", "settings"))?.metadata).toEqual({});
  });
});
