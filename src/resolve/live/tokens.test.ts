import { expect, test } from "vitest";
import type { TokenRequest } from "../../cluster/cluster.ts";
import { rfc3339 } from "../../model/clock.ts";
import { keptTokens, refreshTime } from "./tokens.ts";

const minute = 60_000;
const hour = 60 * minute;

test.for<[life: string, lifeSeconds: number, replacedAfter: number]>([
  ["the shortest, 10 minutes: at 80 %", 600, 8 * minute],
  ["an hour: at 80 %", 3600, 48 * minute],
  ["thirty hours: at 80 %, which is a day", 108_000, 24 * hour],
  ["a year: after a day", 365 * 86_400, 24 * hour],
])("a token that lives %s", ([, lifeSeconds, replacedAfter]) => {
  expect(refreshTime(lifeSeconds * 1000, lifeSeconds)).toBe(replacedAfter);
});

/** An API server that signs what is asked for, until it is down. */
function bench(lifeSeconds = 600) {
  const at = { now: Date.parse("2026-01-01T00:00:00Z") };
  const server = { asked: 0, down: false };
  const ask = keptTokens(
    async () => {
      server.asked += 1;
      if (server.down) throw new Error("the API server is away");
      return { token: `token ${server.asked}`, expiresAt: rfc3339(at.now + lifeSeconds * 1000) };
    },
    { now: () => at.now },
  );
  const request = (more: Partial<TokenRequest> = {}): TokenRequest => ({
    namespace: "ns",
    serviceAccount: "robot",
    pod: { namespace: "ns", name: "web", uid: "uid-1" },
    audience: undefined,
    expirationSeconds: lifeSeconds,
    ...more,
  });
  return { at, server, get: async (more?: Partial<TokenRequest>) => (await ask(request(more))).token };
}

test("a token is asked for once, and again when it is to be replaced", async () => {
  const { at, server, get } = bench();
  expect([await get(), await get()]).toEqual(["token 1", "token 1"]);
  at.now += 8 * minute - 1;
  expect(await get()).toBe("token 1");
  at.now += 1;
  expect([await get(), await get()]).toEqual(["token 2", "token 2"]);
  expect(server.asked).toBe(2);
});

test("each pod, audience and length of life has a token of its own", async () => {
  const { server, get } = bench();
  await get();
  await get({ audience: "vault" });
  await get({ expirationSeconds: 700 });
  await get({ serviceAccount: "other" });
  await get({ pod: { namespace: "ns", name: "web", uid: "uid-2" } });
  await get({ namespace: "other" });
  expect(server.asked).toBe(6);
});

test("while no new one can be had the old one stands, until it has expired", async () => {
  const { at, server, get } = bench();
  await get();
  server.down = true;
  at.now += 9 * minute;
  expect(await get()).toBe("token 1");
  at.now += minute;
  await expect(get()).rejects.toThrow("away");
  server.down = false;
  expect(await get()).toMatch(/^token \d$/);
});

test("the first one that cannot be had rejects", async () => {
  const { server, get } = bench();
  server.down = true;
  await expect(get()).rejects.toThrow("away");
});
