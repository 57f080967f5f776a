import type { IncomingMessage } from "node:http";

import { afterEach, describe, expect, it } from "vitest";

import { fakeClock } from "../../test/support/fake-clock.ts";
import type { NodeAccess, UserInfo } from "../cluster/cluster.ts";
import { systemClock } from "../telemetry/clock.ts";
import { authenticator } from "./auth/authn.ts";
import { startTestServer, testAuthority, usualAccess, type TestServer, type TestServerOptions } from "./testing.ts";

const authority = testAuthority();
const servers: TestServer[] = [];

async function start(options: TestServerOptions = {}): Promise<TestServer> {
  const server = await startTestServer({ clientCA: () => Promise.resolve(authority.cert), ...options });
  servers.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const byToken = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
const [fine, scraper, unknown] = [byToken("fine"), byToken("scraper"), byToken("unknown")];
const admin = authority.client({ commonName: "admin", organizations: ["system:masters"] });
const forged = testAuthority("another CA").client({ commonName: "admin", organizations: ["system:masters"] });
const tokens = Object.fromEntries(["fine", "scraper"].map((username) => [username, { username, groups: [] }]));
const allows = (user: UserInfo, { subresource }: NodeAccess): boolean =>
  user.groups.includes("system:masters") || (user.username === "fine" && subresource !== "proxy");

describe("the kubelet's settings of access", () => {
  it("leave certificates alone to speak for a caller where tokens are not accepted", async () => {
    const server = await start({ tokens, allows, access: { tokens: false } });
    expect((await server.ask("/pods", fine)).status).toBe(401);
    expect(server.tokensReviewed).toEqual([]);
    expect((await server.ask("/pods", admin)).status).toBe(200);
    expect((await server.ask("/pods", { ...fine, ...admin })).status).toBe(200);
  });

  it("let everybody who is known do everything where that is said, and strangers nothing", async () => {
    const server = await start({ tokens, allows, access: { mode: "AlwaysAllow" } });
    expect((await server.ask("/pods", scraper)).status).toBe(200);
    expect((await server.ask("/pods", authority.client({ commonName: "lone" }))).status).toBe(200);
    expect(server.reviews).toEqual([]);
    expect((await server.ask("/pods")).status).toBe(401);
    expect((await server.ask("/pods", unknown)).status).toBe(401);
    expect((await server.ask("/pods", forged)).status).toBe(401);
  });

  it("say how long an answer of the API server counts, also that it does not", async () => {
    const clock = fakeClock(Date.now());
    const access = { tokenMemoryMs: 10_000, allowMemoryMs: 5_000, denyMemoryMs: 0 };
    const server = await start({ tokens, allows, access, clock });
    const asked = async (identity: object, ms: number): Promise<[number, number]> => {
      await clock.advance(ms);
      await server.ask("/healthz", identity);
      return [server.tokensReviewed.length, server.reviews.length];
    };
    expect(await asked(fine, 0)).toEqual([1, 1]);
    expect(await asked(fine, 4_999)).toEqual([1, 1]);
    expect(await asked(fine, 2)).toEqual([1, 2]);
    expect(await asked(fine, 5_001)).toEqual([2, 3]);
    // A refusal is not kept: each time both subresources are asked about.
    expect(await asked(scraper, 0)).toEqual([3, 5]);
    expect(await asked(scraper, 0)).toEqual([3, 7]);
  });
});

describe("bearer tokens", () => {
  it("are reviewed once for callers at the same time and for two minutes after", async () => {
    const clock = fakeClock(Date.now());
    const server = await start({ tokens, allows, clock });
    await Promise.all(Array.from({ length: 5 }, () => server.ask("/pods", fine)));
    expect(server.tokensReviewed).toEqual(["fine"]);
    await clock.advance(119_000);
    expect((await server.ask("/pods", fine)).status).toBe(200);
    expect((await server.ask("/pods", unknown)).status).toBe(401);
    expect((await server.ask("/pods", unknown)).status).toBe(401);
    expect(server.tokensReviewed).toEqual(["fine", "unknown"]);
    await clock.advance(2_000);
    await server.ask("/pods", fine);
    expect(server.tokensReviewed).toEqual(["fine", "unknown", "fine"]);
  });

  it("that strangers make up cost the API server a few reviews at a time", async () => {
    const clock = systemClock;
    let [now, most, all] = [0, 0, 0];
    const authenticate = authenticator({
      reviewer: {
        reviewToken: async () => {
          most = Math.max(most, ++now);
          await clock.sleep(1);
          now -= 1;
          all += 1;
          return undefined;
        },
      },
      trusts: () => false,
      settings: usualAccess,
      clock,
      log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
    });
    const requests = Array.from({ length: 1_100 }, (_, i) => ({ headers: { authorization: `Bearer ${i}` } }));
    const callers = await Promise.all(requests.map((request) => authenticate(request as IncomingMessage)));
    expect(new Set(callers)).toEqual(new Set([undefined]));
    expect(most).toBe(4);
    // Four under way and a thousand waiting; the others were refused at once.
    expect(all).toBe(1_004);
  });

  it("that cannot be reviewed are refused now and reviewed again next time", async () => {
    let fails = true;
    const server = await start({
      tokens: new Proxy(
        {},
        {
          get: () => {
            if (fails) throw new Error("connection refused");
            return { username: "late", groups: [] };
          },
        },
      ),
    });
    const late = { headers: { authorization: "Bearer late" } };
    expect((await server.ask("/pods", late)).status).toBe(401);
    fails = false;
    expect((await server.ask("/pods", late)).status).toBe(200);
  });
});
