import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { ContainerRef, LogRecord } from "../../src/provider.ts";
import { openLambda, type Opened } from "./testing.ts";

beforeAll(() => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
});
afterAll(() => vi.unstubAllEnvs());

const ref = (podUid: string) => ({ identity: { clusterUid: "cluster-1", podUid, attempt: 1 } });

describe("logs", () => {
  const source = (uid: string): ContainerRef => ({ task: ref(uid), container: "main", instance: 0 });
  const read = async (opened: Opened, uid: string, want: { follow?: boolean; tailLines?: number } = {}) => {
    const records: LogRecord[] = [];
    const request = { follow: want.follow ?? false, tailLines: want.tailLines };
    for await (const batch of opened.provider.logs?.(source(uid), request, new AbortController().signal) ?? [])
      records.push(...batch);
    return records.map(({ bytes }) => bytes.toString());
  };

  test("are what Lambda hands out at the end; a follower waits for it", async () => {
    await using opened = await openLambda();
    const answer = Promise.withResolvers<{ returns: null; tail: string }>();
    opened.lambda.answer = () => answer.promise;
    await opened.launch("a");
    await expect(read(opened, "a")).rejects.toMatchObject({ kind: "conflict", reason: "LambdaLogLater" });
    const following = read(opened, "a", { follow: true });
    answer.resolve({ returns: null, tail: "one\ntwo\n" });
    await opened.until("ended", () => opened.state("a")?.phase === "stopped");
    await opened.clock.advance(2_000);
    expect(await following).toEqual(["one", "two"]);
    expect(await read(opened, "a", { tailLines: 1 })).toEqual(["two"]);
    await expect(read(opened, "z")).rejects.toMatchObject({ kind: "notFound" });
  });
});
