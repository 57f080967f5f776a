import { describe, expect, it } from "vitest";

import { healthAnswer, type HealthCheck } from "./health.ts";

const well: HealthCheck = { name: "loop", kind: "live", check: () => undefined };
const unsynced: HealthCheck = { name: "cache", kind: "ready", check: () => "the pods are not listed yet" };
const query = (text = ""): URLSearchParams => new URLSearchParams(text);

describe("healthAnswer", () => {
  it("says ok in one word when every check is well", () => {
    expect(healthAnswer([well], "readyz", query())).toEqual({ status: 200, body: "ok" });
  });

  it("names every check when asked to be verbose, whatever the parameter's value", () => {
    expect(healthAnswer([well], "livez", query("verbose=1"))).toEqual({
      status: 200,
      body: "[+]ping ok\n[+]loop ok\nlivez check passed\n",
    });
  });

  it("fails with the sentence of what is wrong", () => {
    expect(healthAnswer([well, unsynced], "readyz", query())).toEqual({
      status: 500,
      body: "[+]ping ok\n[+]loop ok\n[-]cache failed: the pods are not listed yet\nreadyz check failed\n",
    });
  });

  it("leaves readiness out of livez, because a restart would not help", () => {
    expect(healthAnswer([well, unsynced], "livez", query())).toEqual({ status: 200, body: "ok" });
    expect(healthAnswer([well, unsynced], "healthz", query()).status).toBe(500);
  });

  it("excludes checks by name and warns of names that it does not know", () => {
    expect(healthAnswer([unsynced], "readyz", query("exclude=cache&exclude=nothing&verbose"))).toEqual({
      status: 200,
      body:
        "[+]ping ok\n[+]cache excluded: ok\n" +
        'warn: some health checks cannot be excluded: no matches for "nothing"\nreadyz check passed\n',
    });
  });

  it("answers for a single check", () => {
    expect(healthAnswer([unsynced], "healthz", query(), "ping")).toEqual({ status: 200, body: "ok" });
    expect(healthAnswer([unsynced], "readyz", query(), "cache")).toEqual({
      status: 500,
      body: "internal server error: the pods are not listed yet\n",
    });
    expect(healthAnswer([unsynced], "livez", query(), "cache").status).toBe(404);
  });
});
