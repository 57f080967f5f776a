import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { eventually } from "../../../../test/support/eventually.ts";
import { type FakeClock, fakeClock } from "../../../../test/support/fake-clock.ts";
import type { Logs } from "./logs.ts";
import { openSpool } from "./spool.ts";
import { follow, identity, memoryAzure, numbered, read, signal, source, stopAll } from "./testing.ts";

const folders: string[] = [];
const keeping: Promise<void>[] = [];
afterEach(async () => {
  stopAll();
  await Promise.all(keeping.splice(0));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});
function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "burstlet-spool-"));
  folders.push(made);
  return made;
}

/** Resolves once its first look at what runs is over, which takes real time. */
async function kept(logs: Logs, clock: FakeClock): Promise<void> {
  keeping.push(logs.keep(signal().signal));
  await eventually("it has looked", () => clock.pending > 0);
}

describe("output that is kept", () => {
  test("is whole after the end of the run, and after that of the group", async () => {
    const clock = fakeClock();
    const azure = memoryAzure(clock);
    const directory = folder();
    const logs = await azure.open(directory);
    await kept(logs, clock);
    const lines: string[] = [];
    for (let nth = 0; nth < 10; nth++) {
      const more = numbered(100, nth * 100);
      lines.push(...more);
      azure.write(...more);
      await clock.advance(15_000);
    }
    azure.end();
    await clock.advance(120_000);
    await eventually("all is written", async () => (await read(logs)).length === 1_000);
    expect(await read(logs)).toEqual(lines);
    expect(await read(logs, source(), 250)).toEqual(lines.slice(-250));
    azure.remove();
    expect(await read(logs)).toEqual(lines);
    // Another burstlet finds it, and what is discarded is gone.
    const later = await azure.open(directory);
    expect(await read(later, source(), 1)).toEqual(["line 999"]);
    await later.discard(identity);
    await expect(read(later)).rejects.toMatchObject({ reason: "LogGone" });
  });

  test("of the run before is there for --previous", async () => {
    const clock = fakeClock();
    const azure = memoryAzure(clock);
    const logs = await azure.open(folder());
    await kept(logs, clock);
    azure.write("first");
    await clock.advance(30_000);
    azure.end();
    await clock.advance(70_000);
    azure.again(false);
    azure.write("second");
    await eventually("it is written", async () => (await read(logs, source(0)).catch(() => [])).length === 1);
    expect(await read(logs, source(0))).toEqual(["first"]);
    expect(await read(logs, source(1))).toEqual(["second"]);
  });

  test("is followed from the directory on", async () => {
    const clock = fakeClock();
    const azure = memoryAzure(clock, { running: 2_000, ended: 500 });
    const logs = await azure.open(folder());
    await kept(logs, clock);
    for (let nth = 0; nth < 10; nth++) {
      azure.write(...numbered(20, nth * 20));
      await clock.advance(15_000);
    }
    await eventually("it is written", async () => (await read(logs)).length === 200);
    const { texts } = follow(logs);
    await eventually("it is read", () => texts.length === 200);
    azure.write("more");
    await clock.advance(6_000);
    await eventually("more is read", () => texts.length === 201);
    expect(texts).toEqual([...numbered(200), "more"]);
  });

  test("stays within its bounds: the oldest go first, and of a long one the beginning", async () => {
    const directory = folder();
    const spool = await openSpool({ directory, maxBytes: 40_000 });
    const line = (index: number) => {
      const time = `2026-01-02T03:04:05.${String(index).padStart(9, "0")}Z`;
      const text = `${"x".repeat(60)} ${index}`;
      return { time, text, raw: `${time} ${text}` };
    };
    const run = (podUid: string) => ({ ...source(), task: { identity: { ...identity, podUid } } });
    for (const pod of ["a", "b", "c", "d", "e", "f"])
      for (let at = 0; at < 90; at += 10)
        await spool.append(
          run(pod),
          Array.from({ length: 10 }, (_, nth) => line(at + nth)),
        );
    const sizes = readdirSync(directory, { recursive: true, encoding: "utf8" })
      .map((path) => statSync(join(directory, path)))
      .filter((entry) => entry.isFile());
    expect(sizes.reduce((sum, { size }) => sum + size, 0)).toBeLessThanOrEqual(40_000);
    expect(await spool.read(run("a"))).toBeUndefined();
    expect((await spool.read(run("f")))?.length).toBe(90);
    for (let at = 0; at < 300; at += 10)
      await spool.append(
        run("g"),
        Array.from({ length: 10 }, (_, nth) => line(at + nth)),
      );
    const [first, ...rest] = (await spool.read(run("g"))) ?? [];
    expect(first?.text).toMatch(/^\[burstlet: older lines were dropped/);
    expect(rest.at(-1)).toEqual(line(299));
    expect(rest).toEqual(Array.from({ length: rest.length }, (_, nth) => line(300 - rest.length + nth)));
    expect(statSync(directory).mode & 0o777).toBe(0o700);
  });

  test("never leaves its directory, whatever something is called", async () => {
    const directory = folder();
    const spool = await openSpool({ directory: join(directory, "logs"), maxBytes: 1_000 });
    const strange = { task: { identity: { ...identity, podUid: "../../x" } }, container: "../y", instance: 0 };
    await spool.append(strange, [{ time: "2026-01-02T03:04:05.000000000Z", text: "one", raw: "" }]);
    expect(readdirSync(directory)).toEqual(["logs"]);
    expect(await spool.read(strange)).toMatchObject([{ text: "one" }]);
  });
});
