import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { eventually } from "../../test/support/eventually.ts";
import { openLambda } from "./testing.ts";

beforeAll(() => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
});
afterAll(() => vi.unstubAllEnvs());

/** `tr` of /proc/net/tcp: which timer runs for the connection. */
const KEEP_ALIVE_TIMER = "02";

test("a connection that waits for a long function is kept alive, so that no NAT gateway forgets it", async () => {
  await using opened = await openLambda();
  opened.lambda.answer = (_, nth) => (nth === 1 ? new Promise<never>(() => undefined) : { returns: null });
  await opened.launch("held");
  await opened.until("sent", () => opened.lambda.invoked.length === 1);
  await eventually("the kernel keeps it alive", async () =>
    (await timersTo(opened.lambda.url)).includes(KEEP_ALIVE_TIMER),
  );
});

test("each connection is used once: of one that the other end has just closed nobody knows what it has carried", async () => {
  await using opened = await openLambda();
  for (const name of ["first", "second", "third"]) {
    await opened.launch(name);
    await opened.until("ended", () => opened.state(name)?.phase === "stopped");
  }
  expect(new Set(opened.lambda.invoked.map(({ port }) => port)).size).toBe(3);
});

/** Of every established connection of this machine to that server, the timer that runs. */
async function timersTo(url: string): Promise<string[]> {
  const ESTABLISHED = "01";
  const port = Number(new URL(url).port).toString(16).toUpperCase().padStart(4, "0");
  const lines = (await readFile("/proc/net/tcp", "utf8")).trim().split("\n").slice(1);
  return lines.flatMap((line) => {
    const [, , remote = "", state, , timer = ""] = line.trim().split(/\s+/);
    return remote.endsWith(`:${port}`) && state === ESTABLISHED ? [timer.slice(0, 2)] : [];
  });
}
