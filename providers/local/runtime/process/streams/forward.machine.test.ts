import { createHash, randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import { expect, it } from "vitest";
import { eventually } from "../../../../../test/support/eventually.ts";
import { describeWith } from "../../../../../test/support/requirements.ts";
import { containerSpec } from "../../../../../test/support/tasks/task-specs.ts";
import type { TaskSpec } from "../../runtime.ts";
import { isRunning, openWorld, useWorld, type World } from "../testing.ts";
import { collect, startIdle } from "./testing.ts";

const nowhere = new AbortController().signal;

/** A server on a port of the container: what it does with a connection is JavaScript on `socket`. */
async function serve(world: World, name: string, on: string, address = "127.0.0.1"): Promise<TaskSpec> {
  const program = `require("net").createServer({ allowHalfOpen: true }, (socket) => { socket.on("error", () => {}); ${on} }).listen(8000, ${JSON.stringify(address)})`;
  const task = world.task(name, [
    containerSpec({ image: "burstlet.dev/http-echo", command: ["/opt/burstlet/node", "--eval", program] }),
  ]);
  await world.runtime.start(task);
  await world.until(task, isRunning("main"));
  await eventually("it listens", async () => {
    const probe = await forward(world, task, 8000).catch(() => undefined);
    probe?.destroy();
    return probe !== undefined;
  });
  return task;
}

async function forward(world: World, task: TaskSpec, port: number, signal = nowhere): Promise<Duplex> {
  if (world.runtime.forward === undefined) throw new Error("this runtime forwards nothing");
  return world.runtime.forward(task, port, signal);
}

describeWith(["root", "namespaces", "busybox"], "port-forward into a task of the process runtime", () => {
  const world = useWorld();

  it("reaches who listens on the loopback of the task, and ends each half by itself", async () => {
    const task = await serve(
      world(),
      "half",
      `const all = []; socket.on("data", (c) => all.push(c)).on("end", () => socket.end("heard " + Buffer.concat(all)))`,
    );
    const socket = await forward(world(), task, 8000);
    socket.end("words");
    expect((await collect(socket)).toString()).toBe("heard words");
    const other = await serve(
      world(),
      "half2",
      `socket.end("first"); socket.on("data", (c) => require("fs").writeFileSync("/tmp/heard", c))`,
    );
    const talker = await forward(world(), other, 8000);
    expect((await collect(talker)).toString()).toBe("first");
    await new Promise<void>((resolve) => void talker.end("after", () => resolve()));
  });

  it.for(["0.0.0.0", "own"])("reaches who listens at %s", async (where) => {
    const address = where === "own" ? "" : where;
    const line = `socket.end("hello")`;
    const task = await (address === "" ? serveOwn(world(), line) : serve(world(), "any", line, address));
    expect((await collect(await forward(world(), task, 8000))).toString()).toBe("hello");
  });

  it("loses nothing of a server that speaks first", async () => {
    const task = await serve(world(), "first", `socket.write("220 ready\\n"); socket.pipe(socket)`);
    for (let n = 0; n < 20; n += 1) {
      const socket = await forward(world(), task, 8000);
      socket.end("echo");
      expect((await collect(socket)).toString()).toBe("220 ready\necho");
    }
  });

  it("says so when nothing listens, and then still works", async () => {
    const task = await startIdle(world(), "refused");
    await expect(forward(world(), task, 8000)).rejects.toMatchObject({
      name: "ProviderError",
      kind: "notFound",
      message: expect.stringMatching(/nothing listens on port 8000 of the pod .*ECONNREFUSED/),
    });
    await expect(forward(world(), task, 8001)).rejects.toThrow("port 8001");
  });

  it("reaches no other task", async () => {
    await serve(world(), "one", `socket.end("one")`, "0.0.0.0");
    const two = await startIdle(world(), "two");
    await expect(forward(world(), two, 8000)).rejects.toThrow("ECONNREFUSED");
  });

  it("carries 50 connections at once, one of them unread, and 20 MB byte for byte", async () => {
    const task = await serve(world(), "many", `socket.pipe(socket)`);
    const unread = await forward(world(), task, 8000);
    unread.write(randomBytes(8 * 1024 * 1024));
    const bytes = randomBytes(400 * 1024);
    const sum = (data: Buffer): string => createHash("sha256").update(data).digest("hex");
    const sums = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const socket = await forward(world(), task, 8000);
        socket.end(bytes);
        return sum(await collect(socket));
      }),
    );
    expect(new Set(sums)).toEqual(new Set([sum(bytes)]));
    unread.destroy();
  });

  it("ends the connection when it is aborted", async () => {
    const task = await serve(world(), "abort", `socket.write("x")`);
    const abort = new AbortController();
    const socket = await forward(world(), task, 8000, abort.signal);
    const closed = new Promise<void>((resolve) => void socket.once("close", () => resolve()));
    abort.abort();
    await closed;
    await expect(forward(world(), task, 8000, AbortSignal.abort(new Error("gone")))).rejects.toThrow("gone");
  });

  it("ends the connection with the task", async () => {
    const task = await serve(world(), "ends", `socket.write("x")`);
    const socket = await forward(world(), task, 8000);
    const closed = new Promise<void>((resolve) => void socket.once("close", () => resolve()));
    socket.resume();
    await world().runtime.stop(task, { graceSeconds: 0, discard: false });
    socket.end();
    await closed;
  });

  it("is refused where pods share the network of the host", async () => {
    const plain = await openWorld({ isolation: false });
    try {
      const task = await startIdle(plain, "plain");
      await expect(forward(plain, task, 8000)).rejects.toThrow(/share the network of this host/);
    } finally {
      await plain.close();
    }
  });
});

/** Listens at the address of the task alone. */
async function serveOwn(world: World, on: string): Promise<TaskSpec> {
  const find = `require("os").networkInterfaces().eth0[0].address`;
  const program = `require("net").createServer((socket) => { ${on} }).listen(8000, ${find})`;
  const task = world.task("own", [
    containerSpec({ image: "burstlet.dev/http-echo", command: ["/opt/burstlet/node", "--eval", program] }),
  ]);
  await world.runtime.start(task);
  await world.until(task, isRunning("main"));
  await eventually("it listens", async () => (await forward(world, task, 8000).catch(() => undefined)) !== undefined);
  return task;
}
