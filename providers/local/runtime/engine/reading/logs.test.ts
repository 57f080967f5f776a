import { expect, it } from "vitest";
import { ProviderError } from "../../../../../src/provider.ts";
import type { EngineClient } from "../api/client.ts";
import type { Flavour } from "../request/bodies.ts";
import { trafficSwapped } from "./facts.ts";
import { engineLogs, nanoTime, recordBuilder } from "./logs.ts";
import { traffic, usage } from "./stats.ts";

it.for<[string, string]>([
  ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000000000Z"],
  ["2026-01-02T03:04:05.12Z", "2026-01-02T03:04:05.120000000Z"],
  ["2026-01-02T03:04:05.123456789Z", "2026-01-02T03:04:05.123456789Z"],
  ["2026-01-02T03:04:05.987654321+02:00", "2026-01-02T01:04:05.987654321Z"],
])("%s is %s", ([text, time]) => {
  expect(nanoTime(text)).toBe(time);
});

it("refuses a line without a time", () => {
  expect(() => nanoTime("hello")).toThrow('"hello"');
});

it("makes records of frames: whole lines, pieces of lines, and frames in pieces", () => {
  const build = recordBuilder();
  const piece = (text: string, first = true, last = true) => ({
    stream: "stdout" as const,
    bytes: Buffer.from(text),
    first,
    last,
  });
  const time = "2026-01-02T03:04:05Z";
  const records = [
    piece(`${time} a b\n`),
    piece(`${time} \n`),
    piece(`${time} no end`),
    piece(`${time} big`, true, false),
    piece("\n", false, false),
    piece("end\n", false, true),
  ].flatMap(build);
  expect(records.map(({ bytes, partial }) => [bytes.toString(), partial])).toEqual([
    ["a b", false],
    ["", false],
    ["no end", true],
    ["big", true],
    ["\n", true],
    ["end", false],
  ]);
  expect(new Set(records.map((record) => record.time))).toEqual(new Set(["2026-01-02T03:04:05.000000000Z"]));
});

/** What a follow on an engine has told, whose log is each of these readings in turn. */
async function followed(flavour: Flavour, ...readings: readonly (readonly string[] | Error)[]): Promise<string[]> {
  const left = [...readings];
  const client = {
    inspect: async () => ({ Config: { Tty: true } }),
    async *logs() {
      const reading = left.shift() ?? [];
      if (reading instanceof Error) throw reading;
      for (const line of reading) yield Buffer.from(`2026-01-02T03:04:05Z ${line}\n`);
    },
  } as unknown as EngineClient;
  const source = { task: { identity: { clusterUid: "c", podUid: "p", attempt: 1 } }, container: "a", instance: 0 };
  const want = { follow: true, tailLines: undefined };
  const told: string[] = [];
  for await (const records of engineLogs(client, flavour, source, want, new AbortController().signal))
    told.push(...records.map(({ bytes }) => bytes.toString()));
  return told;
}

it.for<[Flavour, (string[] | Error)[], string[]]>([
  ["podman", [["one"], ["one", "two", "three"]], ["one", "two", "three"]],
  [
    "podman",
    [
      ["one", "two"],
      ["one", "two"],
    ],
    ["one", "two"],
  ],
  ["podman", [["one"], new ProviderError("notFound", "NoSuchContainer", "it is gone")], ["one"]],
  ["docker", [["one"], ["one", "two"]], ["one"]],
])("a follow on %s of %j tells each line once: %j", async ([flavour, readings, lines]) => {
  expect(await followed(flavour, ...readings)).toEqual(lines);
});

it("a follow on podman says so when what is left cannot be read", async () => {
  const away = new ProviderError("transient", "EngineUnavailable", "it is away");
  await expect(followed("podman", ["one"], away)).rejects.toBe(away);
});

const cpu = { cpu_usage: { total_usage: 1_500_000_000 } };

it.for<[string, object, object]>([
  ["control groups v2", { usage: 100, stats: { inactive_file: 30, anon: 50 } }, { memoryBytes: 70, rssBytes: 50 }],
  [
    "control groups v1",
    { usage: 100, stats: { total_inactive_file: 40, total_rss: 9 } },
    { memoryBytes: 60, rssBytes: 9 },
  ],
  ["podman, which tells no cache", { usage: 100 }, { memoryBytes: 100 }],
])("reckons the working set: %s", ([, memory_stats, known]) => {
  expect(usage({ cpu_stats: cpu, memory_stats })).toEqual({ cpuSeconds: 1.5, ...known });
});

it("tells nothing, rather than zeros, of a container that has just ended", () => {
  expect(usage({ cpu_stats: { cpu_usage: { total_usage: 0 } }, memory_stats: {} })).toBeUndefined();
  expect(usage({ cpu_stats: cpu, memory_stats: {} })).toBeUndefined();
});

it("adds the traffic of all interfaces up, and tells nothing where there are none", () => {
  const networks = { eth0: { rx_bytes: 1, tx_bytes: 20 }, eth1: { rx_bytes: 2, tx_bytes: 30 } };
  const stats = { cpu_stats: cpu, memory_stats: {}, networks };
  expect(traffic(stats, false)).toEqual({ rxBytes: 3, txBytes: 50 });
  expect(traffic(stats, true)).toEqual({ rxBytes: 50, txBytes: 3 });
  for (const none of [undefined, null, {}]) {
    const stats = { cpu_stats: cpu, memory_stats: {} };
    expect(traffic(none === undefined ? stats : { ...stats, networks: none }, false)).toBeUndefined();
  }
});

it.for<[string, object, boolean]>([
  ["4.3.1", { Components: [{ Name: "Podman Engine" }] }, true],
  ["3.4.4", { Components: [{ Name: "Podman Engine" }] }, true],
  ["4.4.0", { Components: [{ Name: "Podman Engine" }] }, false],
  ["5.0.0", { Components: [{ Name: "Podman Engine" }] }, false],
  ["4.3.1", { Components: [{ Name: "Engine" }] }, false],
])("knows which engines mix the directions of traffic up: %s of %o", ([Version, more, swapped]) => {
  expect(trafficSwapped({ Version, Arch: "amd64", KernelVersion: "", ...more })).toBe(swapped);
});
