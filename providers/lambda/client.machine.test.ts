import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, test, vi } from "vitest";
import { eventually } from "../../test/support/eventually.ts";
import { openLambda } from "./testing.ts";

beforeAll(() => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
});
afterAll(() => vi.unstubAllEnvs());

/** `tr` of /proc/net/tcp: which timer runs for the connection. */
const KEEP_ALIVE_TIMER = "02";

test("a connection that waits for a long function is kept alive, so that no NAT gateway forgets it; each is used once", async () => {
  await using opened = await openLambda();
  opened.lambda.answer = (_, nth) => (nth === 1 ? new Promise<never>(() => undefined) : { returns: null });
  await opened.launch("held");
  await opened.until("sent", () => opened.lambda.invoked.length === 1);
  await eventually("the kernel keeps it alive", async () =>
    (await timersTo(opened.lambda.url)).includes(KEEP_ALIVE_TIMER),
  );
  const before = (await timersTo(opened.lambda.url)).length;
  await opened.launch("short");
  await opened.until("ended", () => opened.state("short")?.phase === "stopped");
  await eventually("the other one is closed", async () => (await timersTo(opened.lambda.url)).length <= before);
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
