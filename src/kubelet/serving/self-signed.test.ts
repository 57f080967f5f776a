import { X509Certificate } from "node:crypto";

import { expect, it } from "vitest";

import { fakeClock } from "../../../test/support/fake-clock.ts";
import { servingIdentity } from "./names.ts";
import { selfSigned } from "./self-signed.ts";

const day = 86_400_000;

it("is replaced, with a new key, before its year ends, and again", async () => {
  const clock = fakeClock();
  const source = selfSigned(servingIdentity(["burst-1"], ["10.0.0.7"]), clock);
  const served = [source.present()];
  const stop = new AbortController();
  const ended = source.run(stop.signal, () => void served.push(source.present()));
  await clock.advance(280 * day);
  expect(served).toHaveLength(1);
  await clock.advance(20 * day);
  expect(served).toHaveLength(2);
  const [first, second] = served.map(({ cert }) => new X509Certificate(cert));
  expect(second?.publicKey.equals(first?.publicKey as never)).toBe(false);
  expect(second?.validToDate.getTime()).toBeGreaterThan(clock.now() + 350 * day);
  await clock.advance(300 * day);
  expect(served).toHaveLength(3);
  stop.abort();
  await clock.advance(0);
  await ended;
  expect(clock.pending).toBe(0);
  expect(source.state()).toMatchObject({ fits: true, reason: "SelfSigned" });
});

it("is replaced by the wall clock's time, also when that jumps", async () => {
  const clock = fakeClock();
  const source = selfSigned(servingIdentity(["burst-1"], []), clock);
  const stop = new AbortController();
  let changes = 0;
  const ended = source.run(stop.signal, () => (changes += 1));
  await clock.advance(1);
  clock.setNow(clock.now() + 300 * day);
  await clock.advance(3_600_000);
  expect(changes).toBe(1);
  stop.abort();
  await clock.advance(0);
  await ended;
});
