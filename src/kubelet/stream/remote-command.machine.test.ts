import { createHash } from "node:crypto";
import type { Socket } from "node:net";

import { afterEach, describe, expect, it, test, vi } from "vitest";

import { fakeClock } from "../../../test/support/fake-clock.ts";
import type { Provider } from "../../provider.ts";
import { startTestServer, testAuthority, type TestServer, type TestServerOptions } from "../testing.ts";
import {
  realProcesses,
  runningPod,
  spawned,
  spdyRemote,
  webSocketRemote,
  type RemoteClient,
  type Wants,
} from "./testing.ts";
import { soon } from "../../../test/support/eventually.ts";

const authority = testAuthority();
const admin = authority.client({ commonName: "admin", organizations: ["system:masters"] });
const cleanups: (() => unknown)[] = [];
const all = { stdin: true, stdout: true, stderr: true };

async function start(options: TestServerOptions = {}): Promise<TestServer> {
  const server = await startTestServer({
    clientCA: () => Promise.resolve(authority.cert),
    pods: [runningPod],
    ...options,
  });
  cleanups.push(() => server.close());
  return server;
}

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const clients = {
  "SPDY v4": { open: spdyRemote("v4.channel.k8s.io"), json: true, halfClose: true, resizes: true },
  "SPDY v3": { open: spdyRemote("v3.channel.k8s.io"), json: false, halfClose: true, resizes: true },
  "SPDY v2": { open: spdyRemote("v2.channel.k8s.io"), json: false, halfClose: true, resizes: false },
  "SPDY v1": { open: spdyRemote("channel.k8s.io"), json: false, halfClose: true, resizes: false },
  "WebSocket v5": { open: webSocketRemote("v5.channel.k8s.io"), json: true, halfClose: true, resizes: true },
  "WebSocket v4": { open: webSocketRemote("v4.channel.k8s.io"), json: true, halfClose: false, resizes: true },
  "WebSocket v4 base64": {
    open: webSocketRemote("v4.base64.channel.k8s.io"),
    json: true,
    halfClose: false,
    resizes: true,
  },
  "WebSocket v1": { open: webSocketRemote("channel.k8s.io"), json: false, halfClose: false, resizes: true },
  "WebSocket v1 base64": {
    open: webSocketRemote("base64.channel.k8s.io"),
    json: false,
    halfClose: false,
    resizes: true,
  },
} as const;
type Client = keyof typeof clients;
const names = Object.keys(clients) as Client[];

function commandPath(argv: readonly string[]): string {
  return `/exec/default/web/main?${argv.map((word) => `command=${encodeURIComponent(word)}`).join("&")}`;
}

async function execute(
  client: Client,
  script: string,
  wants: Wants,
  provider: Partial<Provider> = realProcesses(),
): Promise<RemoteClient> {
  const server = await start({ provider });
  const remote = await clients[client].open(server, commandPath(["sh", "-c", script]), wants, admin);
  cleanups.push(() => remote.kill());
  return remote;
}

/** The value at which a number has come to rest. */
async function standstill(read: () => number): Promise<number> {
  let seen = -1;
  await vi.waitFor(
    () => {
      const before = seen;
      seen = read();
      expect(seen).toBe(before);
      expect(seen).toBeGreaterThan(0);
    },
    { interval: 200, timeout: 15_000 },
  );
  return seen;
}

describe.for(names)("exec over %s", (name) => {
  const { json, halfClose, resizes } = clients[name];
  const isSpdy = name.startsWith("SPDY");

  test.for([0, 3, 255])("tells exit code %i behind both outputs, and closes", async (code) => {
    const remote = await execute(name, `echo out; echo err >&2; exit ${code}`, { stdout: true, stderr: true });
    const { status, order } = await remote.done;
    expect(remote.stdout().toString()).toBe("out\n");
    expect(remote.stderr().toString()).toBe("err\n");
    if (code === 0) {
      expect(status).toBe(json ? '{"metadata":{},"status":"Success"}' : "");
    } else if (json) {
      expect(JSON.parse(status)).toMatchObject({
        status: "Failure",
        reason: "NonZeroExitCode",
        details: { causes: [{ reason: "ExitCode", message: String(code) }] },
      });
    } else {
      expect(status).toBe(`command terminated with non-zero exit code: ${code}`);
    }
    const told = status === "" ? [] : ["data error"];
    if (isSpdy) {
      expect(order.slice(-3 - told.length)).toEqual([...told, "fin error", "goaway", "closed"]);
      for (const output of ["stdout", "stderr"]) {
        expect(order.indexOf(`data ${output}`)).toBeLessThan(order.indexOf(`fin ${output}`));
        expect(order.indexOf(`fin ${output}`)).toBeLessThan(order.indexOf("fin error"));
      }
    } else {
      expect(order[0]).toBe("hello stdout");
      expect(order.slice(-1 - told.length)).toEqual([...told, "closed 1000"]);
    }
  });

  it("carries 10 MB byte for byte, stdin to stdout", async () => {
    const bytes = Buffer.alloc(10_000_000, "0123456789abcdef-");
    for (let at = 0; at < bytes.length; at += 997) bytes[at] = at % 256;
    const remote = await execute(name, halfClose ? "cat" : `head -c ${bytes.length}`, { stdin: true, stdout: true });
    for (let at = 0; at < bytes.length; at += 60_000) remote.stdin(bytes.subarray(at, at + 60_000));
    if (halfClose) remote.endStdin();
    await remote.done;
    const sha = (data: Buffer): string => createHash("sha256").update(data).digest("hex");
    expect(remote.stdout().length).toBe(bytes.length);
    expect(sha(remote.stdout())).toBe(sha(bytes));
  });

  it("kills the command when the client is gone", async () => {
    const processes = realProcesses();
    const remote = await execute(name, "echo started; sleep 1000", { stdout: true }, processes);
    await soon(() => expect(remote.stdout().toString()).toBe("started\n"));
    remote.kill();
    await processes.calls[0]?.process.exit;
    expect(processes.calls[0]?.signal.aborted).toBe(true);
  });

  it("drops stderr of a terminal, and tells its sizes in order, however they are cut into messages", async () => {
    const processes = realProcesses();
    const script = "echo out; echo err >&2; read line";
    const remote = await execute(name, script, { ...all, tty: true }, processes);
    await soon(() => expect(remote.stdout().toString()).toBe("out\n"));
    if (resizes) {
      for (const part of ['{"Width":81,"Height":24}{"Wid', 'th":80,"Height":24}', '\n{"Height":3,"Width":', "100}"]) {
        remote.resize(part);
      }
      await soon(() => expect(processes.calls[0]?.sizes).toEqual(["81x24", "80x24", "100x3"]));
    }
    remote.stdin("go on\n");
    await remote.done;
    expect(remote.stderr().length).toBe(0);
    expect(processes.calls[0]?.command).toEqual({ argv: ["sh", "-c", script], tty: true, stdin: true });
  });

  it("gives the command's terminal the first size that the client tells", async () => {
    const processes = realProcesses();
    const remote = await execute(name, "echo out; read line", { ...all, tty: true }, processes);
    if (resizes) remote.resize('{"Width":81,"Height":24}');
    await soon(() => expect(remote.stdout().toString()).toBe("out\n"));
    expect(processes.calls[0]?.command.size).toEqual(resizes ? { columns: 81, rows: 24 } : undefined);
    remote.stdin("go on\n");
    await remote.done;
  });

  it("tells in the kubelet's words why a command could not be started, or has no exit code", async () => {
    const refuse = (): Promise<never> => Promise.reject(new Error('exec: "x": executable file not found in $PATH'));
    const startsNothing = async () => ({ ...spawned(["true"], new AbortController().signal), exit: refuse() });
    for (const exec of [refuse, startsNothing]) {
      const remote = await execute(name, "true", { stdout: true }, { exec });
      const { status } = await remote.done;
      const words =
        'Internal error occurred: error executing command in container: exec: "x": executable file not found in $PATH';
      if (!json) expect(status).toBe(words);
      else
        expect(JSON.parse(status)).toMatchObject({
          status: "Failure",
          reason: "InternalError",
          message: words,
          code: 500,
        });
    }
  });

  it("tells the client that the server closes, and ends the command", async () => {
    const processes = realProcesses();
    const server = await start({ provider: processes });
    const path = commandPath(["sh", "-c", "echo started; sleep 1000"]);
    const remote = await clients[name].open(server, path, { stdout: true }, admin);
    await soon(() => expect(remote.stdout().toString()).toBe("started\n"));
    await server.close();
    expect((await remote.done).status).toContain("the virtual node's kubelet API is closing");
    await processes.calls[0]?.process.exit;
  });
});

describe("exec", () => {
  it("names the present run of the container and passes the flags on", async () => {
    const processes = realProcesses();
    const remote = await execute("WebSocket v5", "true", { stdout: true }, processes);
    await remote.done;
    expect(processes.calls[0]?.target).toEqual({ task: runningPod.task, container: "main", instance: 2 });
    expect(processes.calls[0]?.command).toMatchObject({ tty: false, stdin: false });
  });

  it("goes on when the command closes its stdin and the client still sends", async () => {
    const remote = await execute("SPDY v4", "exec <&-; sleep 0.2; echo done", { stdin: true, stdout: true });
    for (let i = 0; i < 100; i++) remote.stdin(Buffer.alloc(50_000));
    const { status } = await remote.done;
    expect(remote.stdout().toString()).toBe("done\n");
    expect(status).toContain("Success");
  });

  it("leaves out the streams that the client did not ask for", async () => {
    const remote = await execute("WebSocket v5", "cat; echo out; echo err >&2", { stderr: true });
    const { order } = await remote.done;
    expect(order).toEqual(["hello stderr", "data stderr", "data error", "closed 1000"]);
  });

  test.for(["SPDY v4", "WebSocket v5", "WebSocket v4 base64"] as const)(
    "over %s holds the command up while the client does not read, and gives it the rest later",
    async (name) => {
      const [processes, size] = [realProcesses(), 30_000_000];
      const remote = await execute(name, `head -c ${size} /dev/zero`, { stdout: true }, processes);
      remote.pause();
      const read = await standstill(() => (processes.calls[0]?.process.stdout as Socket | undefined)?.bytesRead ?? 0);
      expect(read).toBeLessThan(size);
      remote.resume();
      await remote.done;
      expect(remote.stdout().length).toBe(size);
    },
  );

  test.for(["SPDY v4", "WebSocket v5"] as const)(
    "over %s holds the client up while the command does not read, and ends it when the client is gone then",
    async (name) => {
      const [processes, clock] = [realProcesses(), fakeClock(Date.now())];
      const server = await start({ provider: processes, clock });
      const path = commandPath(["sh", "-c", "sleep 1000"]);
      const remote = await clients[name].open(server, path, { stdin: true }, admin);
      for (let i = 0; i < 400; i++) remote.stdin(Buffer.alloc(50_000));
      expect(await standstill(remote.unsent)).toBeGreaterThan(0);
      remote.kill();
      // A connection that is not read shows its end to a writer alone, and to the second write at that.
      await soon(async () => {
        await clock.advance(15_000);
        expect(processes.calls[0]?.signal.aborted).toBe(true);
      });
      await processes.calls[0]?.process.exit;
    },
  );
});

describe("attach", () => {
  it("joins the container's streams, detaches with the client, and counts the container's end as success", async () => {
    const container = spawned(["sh", "-c", "read line; echo got $line; exit 7"], new AbortController().signal);
    const asked: unknown[] = [];
    const attach: Provider["attach"] = async (target, how) => {
      asked.push(target.container, how);
      return container;
    };
    const server = await start({ provider: { attach } });
    const remote = await clients["SPDY v4"].open(server, "/attach/default/web/main?x=1", all, admin);
    remote.stdin("hello\n");
    const { status } = await remote.done;
    expect(remote.stdout().toString()).toBe("got hello\n");
    expect(status).toBe('{"metadata":{},"status":"Success"}');
    expect(asked).toEqual(["main", { stdin: true }]);
  });

  it("lets the container run on when the client is gone", async () => {
    const container = spawned(["sh", "-c", "echo up; read line; exit 7"], new AbortController().signal);
    let seen: AbortSignal | undefined;
    const attach: Provider["attach"] = async (_target, _how, signal) => {
      seen = signal;
      return container;
    };
    const server = await start({ provider: { attach } });
    const remote = await clients["WebSocket v5"].open(server, "/attach/default/web/main?x=1", all, admin);
    await soon(() => expect(remote.stdout().toString()).toBe("up\n"));
    remote.kill();
    await soon(() => expect(seen?.aborted).toBe(true));
    container.stdin.write("now\n");
    expect(await container.exit).toEqual({ code: 7 });
  });
});
