import { spawn, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { buffer, text } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { fakeClock } from "../../../../test/support/fake-clock.ts";
import { describeWith } from "../../../../test/support/requirements.ts";
import { openTerminals } from "../process/terminal/terminals.ts";
import { createDoors, loopbacks, type Doors, type Place } from "./doors.ts";

/** Servers on the loopback of a namespace: what they get and when they end is in their names. */
const server = `
import { createServer } from "node:net";
const half = { allowHalfOpen: true };
createServer(half, (s) => { s.on("error", () => {}); s.pipe(s); }).listen(1000, "127.0.0.1");
createServer(half, (s) => { s.on("error", () => {}); s.pipe(s); }).listen(1001, "::1");
createServer(half, (s) => { s.on("error", () => {}); s.end("bye"); let n = 0; s.on("data", (d) => n += d.length); s.on("end", () => console.log("got " + n)); }).listen(1002, "127.0.0.1");
createServer(half, (s) => { s.on("error", () => {}); const chunk = Buffer.alloc(1 << 20, "x"); let left = 200; const more = () => { while (left-- > 0) if (!s.write(chunk)) return s.once("drain", more); s.end(); }; more(); }).listen(1003, "127.0.0.1", () => console.log("ready"));
`;

describeWith(["root", "namespaces"], "a door into a network namespace", () => {
  let inside: ChildProcess;
  let doors: Doors;
  let place: Place;
  let said = "";
  const clock = fakeClock();
  const signal = new AbortController().signal;

  beforeAll(async () => {
    const script = `ip link set lo up && exec "$0" --input-type=module --eval "$1"`;
    inside = spawn("unshare", ["--net", "sh", "-c", script, process.execPath, server], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const ready = Promise.withResolvers<void>();
    inside.stdout?.on("data", (words: Buffer) => {
      said += words.toString();
      if (said.includes("ready")) ready.resolve();
    });
    await ready.promise;
    doors = createDoors(clock);
    place = { key: "a", find: async () => inside.pid ?? 0, hosts: loopbacks };
  });
  afterEach(() => doors.close());
  afterAll(() => inside?.kill());

  it("reaches servers on both loopbacks and says when nothing listens", async () => {
    for (const port of [1000, 1001]) {
      const socket = await doors.connect(place, port, signal);
      socket.end("hello");
      expect(await text(socket)).toBe("hello");
    }
    await expect(doors.connect(place, 9, signal)).rejects.toMatchObject({
      kind: "notFound",
      reason: "ConnectionRefused",
      message: expect.stringMatching(/^nothing listens on port 9 of the pod \(/),
    });
  });

  it("keeps each direction open until its own side ends it", async () => {
    const socket = await doors.connect(place, 1002, signal);
    expect(await text(socket)).toBe("bye");
    socket.end(Buffer.alloc(100_000));
    await expect.poll(() => said).toContain("got 100000");
  });

  it("carries 50 connections at once, one of them unread, through one process inside", async () => {
    const unread = await doors.connect(place, 1003, signal);
    const many = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const socket = await doors.connect(place, 1000, signal);
        const sent = createHash("sha512").update(String(index)).digest();
        socket.end(sent);
        return (await buffer(socket)).equals(sent);
      }),
    );
    expect(many).toEqual(Array.from({ length: 50 }, () => true));
    expect(helpers()).toHaveLength(1);
    unread.destroy();
  });

  it("carries 200 MB without a copy through the process inside", async () => {
    // The process inside is up, and has nothing more to do for itself.
    (await doors.connect(place, 1000, signal)).destroy();
    const socket = await doors.connect(place, 1003, signal);
    const before = cpuTime(helpers()[0] ?? 0);
    let bytes = 0;
    for await (const chunk of socket) bytes += (chunk as Buffer).length;
    expect(bytes).toBe(200 * 2 ** 20);
    expect(cpuTime(helpers()[0] ?? 0) - before).toBeLessThanOrEqual(2);
  });

  it("ends the process inside when nobody has asked for a while, and starts another", async () => {
    (await doors.connect(place, 1000, signal)).destroy();
    expect(helpers()).toHaveLength(1);
    await clock.advance(30_000);
    await expect.poll(helpers).toEqual([]);
    (await doors.connect(place, 1000, signal)).destroy();
    expect(helpers()).toHaveLength(1);
  });

  it("leaves no terminal of ours open in the process inside", async () => {
    const spawnInTerminal = openTerminals("node-pty");
    const argv = ["sleep", "1000"] as const;
    const sleeper = spawnInTerminal({ argv, env: { PATH: "/usr/bin:/bin" }, groups: [], detached: false }, clock);
    try {
      (await doors.connect(place, 1000, signal)).destroy();
      expect(filesOf(process.pid)).toContain("/dev/ptmx");
      expect(helpers()).toHaveLength(1);
      expect(filesOf(helpers()[0] ?? 0)).not.toContain("/dev/ptmx");
    } finally {
      sleeper.child.kill();
      sleeper.close();
    }
  });

  it("does not enter a namespace whose process has become another meanwhile", async () => {
    let asked = 0;
    const changing = { key: "b", find: async () => ((asked += 1) === 1 ? (inside.pid ?? 0) : process.pid), hosts: [] };
    await expect(doors.connect(changing, 1000, signal)).rejects.toMatchObject({ reason: "TaskChanged" });
    const gone = { key: "c", find: async () => 4_194_304, hosts: [] };
    const denied = { kind: "denied", reason: "NetworkNamespaceClosed" };
    await expect(doors.connect(gone, 1000, signal)).rejects.toMatchObject(denied);
  });

  it("hands nothing to whoever has given up", async () => {
    const gone = new AbortController();
    const asking = doors.connect(place, 1000, gone.signal);
    gone.abort();
    await expect(asking).rejects.toMatchObject({ name: "AbortError" });
  });

  /** Processes of ours in that namespace. */
  function helpers(): number[] {
    const there = readlinkSync(`/proc/${inside.pid}/ns/net`);
    const children = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim().split(" ").map(Number);
    return children.filter((pid) => pid !== inside.pid && linkOf(pid) === there);
  }
});

function linkOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return undefined;
  }
}

/** Names of its open files. */
function filesOf(pid: number): readonly string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
    } catch {
      return [];
    }
  });
}

/** Of a process, in hundredths of a second. */
function cpuTime(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return Number(fields[11]) + Number(fields[12]);
}
