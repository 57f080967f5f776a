import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fakeClock } from "../../../../test/support/fake-clock.ts";
import type { TaskState } from "../../../../src/provider.ts";
import { observe } from "../../groups/observe.ts";
import { groupOf, identity, owner, running } from "../../groups/testing.ts";
import { createAsk, fetchText } from "./ask.ts";

function open(change: Record<string, Partial<TaskState>>) {
  const clock = fakeClock();
  const asked: string[] = [];
  const answers = new Map<string, () => Promise<string>>();
  const usual = observe(groupOf({ main: { currentState: running() } }), { ...owner, network: "routed", version: 1 });
  if (usual === undefined) throw new Error("no picture");
  const states = Object.entries(change).map(([name, more]): TaskState => ({
    ...usual,
    id: name,
    identity: { ...identity, podUid: name },
    podIPs: [name],
    ...more,
  }));
  const told = async (): Promise<string> => {
    const used = { cpu: { usageCoreNanoSeconds: 1e9 }, memory: { workingSetBytes: 7 } };
    return JSON.stringify({ timestamp: clock.now() * 1e6, containers: [{ name: "main", ...used }] });
  };
  const askAll = createAsk({
    clock,
    ask: async (url, signal) => {
      asked.push(url);
      const { promise, reject } = Promise.withResolvers<never>();
      signal.addEventListener("abort", () => reject(signal.reason as Error));
      return Promise.race([(answers.get(new URL(url).hostname) ?? told)(), promise]);
    },
  });
  const names = async (): Promise<string[]> =>
    (await askAll(states.map((state) => ({ state })))).map(({ identity: { podUid } }) => podUid);
  return { clock, asked, answers, names };
}

describe("usage of groups", () => {
  test("is asked for at the address of each that has one", async () => {
    const { asked, names } = open({ a: {}, c: { podIPs: [] } });
    expect(await names()).toEqual(["a"]);
    expect(asked).toEqual(["http://a:18899/v1/stats"]);
  });

  test("is absent of one that refuses or says nothing sensible, and told of the others", async () => {
    const { answers, names } = open({ a: {}, b: {}, c: {} });
    answers.set("a", async () => Promise.reject(new Error("connect ECONNREFUSED")));
    answers.set("b", async () => Promise.resolve("hello"));
    expect(await names()).toEqual(["c"]);
  });

  test("of one that does not answer holds the others up for five seconds, and for half a minute no more at all", async () => {
    const { clock, asked, answers, names } = open({ a: {}, b: {} });
    answers.set("a", async () => new Promise<string>(() => undefined));
    const first = names();
    await clock.advance(5_000);
    expect(await first).toEqual(["b"]);
    answers.delete("a");
    expect(await names()).toEqual(["b"]);
    expect(asked).toHaveLength(3);
    await clock.advance(30_000);
    expect(await names()).toEqual(["a", "b"]);
  });
});

test("usage of a group whose turn has not come in time is asked for the next time", async () => {
  const dead = Array.from({ length: 64 }, (_, n) => `dead-${n}`);
  const { clock, answers, names } = open(Object.fromEntries([...dead, "late"].map((name) => [name, {}])));
  for (const name of dead) answers.set(name, async () => new Promise<string>(() => undefined));
  const first = names();
  await clock.advance(5_000);
  expect(await first).toEqual([]);
  expect(await names()).toEqual(["late"]);
});

describe("what is fetched", () => {
  let url: string;
  const server = createServer((req, res) => {
    if (req.url === "/good") return res.end("hello");
    if (req.url === "/else") return res.writeHead(302, { location: "/good" }).end();
    if (req.url === "/long") return res.end("x".repeat(2_000_000));
    return res.writeHead(500).end("oh");
  });
  beforeEach(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  test("is an answer with 200 of a sensible size from that very place", async () => {
    const { signal } = new AbortController();
    await expect(fetchText(`${url}/good`, signal)).resolves.toBe("hello");
    await expect(fetchText(`${url}/bad`, signal)).rejects.toThrow("answers 500");
    await expect(fetchText(`${url}/long`, signal)).rejects.toThrow("more than 1048576 bytes");
    await expect(fetchText(`${url}/else`, signal)).rejects.toThrow();
  });
});
