import { describe, expect, it } from "vitest";
import { fakeClock } from "../../../test/support/fake-clock.ts";
import { ApiError } from "../cluster.ts";
import { keptLog } from "../testing.ts";
import { calls } from "./calls.ts";
import { createHealth } from "./health.ts";

const refused = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
const noRight = new ApiError(
  403,
  "Forbidden",
  'pods is forbidden: User "x" cannot list resource "pods" in API group ""',
);
const quota = new ApiError(403, "Forbidden", 'events "a" is forbidden: exceeded quota: tiny');

function begin() {
  const clock = fakeClock();
  const { log, lines } = keptLog();
  const health = createHealth("https://api", clock, log);
  return { clock, lines, health, said: () => lines.splice(0).map(({ level, message }) => `${level}: ${message}`) };
}

describe("health", () => {
  it("tells at once that an API server never seen before cannot be reached, once, and when it answers", async () => {
    const { clock, lines, health, said } = begin();
    health.silent(refused);
    expect(lines[0]?.fields).toMatchObject({ server: "https://api", code: "ECONNREFUSED" });
    expect(said()).toEqual(["warn: API server cannot be used; what runs goes on, retrying"]);
    await clock.advance(60_000);
    health.silent(refused);
    expect(said()).toEqual([]);
    health.answered(calls.listPods, 200);
    expect(lines[0]?.fields).toMatchObject({ afterSeconds: 60 });
    expect(said()).toEqual(["info: API server is back"]);
    health.answered(calls.listPods, 200);
    expect(said()).toEqual([]);
  });

  it("takes one lost connection for no outage, nor failures with an answer between them", async () => {
    const { clock, health, said } = begin();
    health.answered(calls.listPods, 200);
    for (let second = 0; second < 10; second += 1) {
      health.silent(refused);
      health.answered(calls.getPod, 404, new ApiError(404, "NotFound", "no pod"));
      await clock.advance(1_000);
    }
    expect(said()).toEqual([]);
  });

  it("takes nothing but failures for two seconds for an outage, answers of a server in trouble among them", async () => {
    const { clock, health, said } = begin();
    health.answered(calls.listPods, 200);
    health.answered(calls.listPods, 503, new ApiError(503, "ServiceUnavailable", "not ready"));
    await clock.advance(2_000);
    expect(said()).toEqual([]);
    health.answered(calls.listPods, 503, new ApiError(503, "ServiceUnavailable", "not ready"));
    expect(said()).toEqual(["warn: API server cannot be used; what runs goes on, retrying"]);
  });

  it("says why the API server cannot be used while that is so", async () => {
    const { clock, health } = begin();
    expect(health.trouble()).toBeUndefined();
    health.silent(refused);
    await clock.advance(5_000);
    expect(health.trouble()).toBe("the API server cannot be used for 5 s");
    health.answered(calls.listPods, 401, new ApiError(401, "Unauthorized", "no"));
    expect(health.trouble()).toBe("the API server does not accept the credentials");
    health.answered(calls.listPods, 200);
    expect(health.trouble()).toBeUndefined();
  });

  it("names a missing right once, with what needs it and the fix, and tells when it was granted", () => {
    const { health, lines, said } = begin();
    health.answered(calls.listPods, 403, noRight);
    health.answered(calls.listPods, 403, noRight);
    expect(lines[0]?.fields).toMatchObject({
      verb: "list",
      resource: "pods",
      feature: "finding the pods of the node",
      fix: expect.stringContaining("deploy/rbac.yaml"),
    });
    expect(said()).toEqual(["error: permission missing"]);
    health.answered(calls.listPods, 200);
    expect(said()).toEqual(["info: permission granted"]);
  });

  it("takes the 403 of a quota or of a namespace that ends for no missing right", () => {
    const { health, said } = begin();
    health.answered(calls.createEvent, 403, quota);
    expect(said()).toEqual([]);
  });

  it("tells once that the credentials are not accepted, and when they are again", () => {
    const { health, said } = begin();
    const unauthorized = new ApiError(401, "Unauthorized", "Unauthorized");
    health.answered(calls.listPods, 401, unauthorized);
    health.answered(calls.listPods, 401, unauthorized);
    expect(said()).toEqual(["error: API server does not accept the credentials"]);
    health.answered(calls.listPods, 403, noRight);
    expect(said()).toEqual(["info: API server accepts the credentials again", "error: permission missing"]);
  });
});
