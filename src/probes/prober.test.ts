import { createServer } from "node:net";
import { PassThrough, Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { ProviderError, type ExecCommand, type ProcessStream } from "../provider.ts";
import type { ProbeAction } from "./probe.ts";
import { createProber } from "./prober.ts";
import { checkRequest } from "./probers/health-message.ts";
import { goDuration } from "./probers/words.ts";
import { asked, grpcServer, httpServer, httpsServer, listening } from "./testing.ts";

const http = (port: number, more: Partial<ProbeAction & { via: "http" }> = {}): ProbeAction => ({
  via: "http",
  scheme: "http",
  host: undefined,
  port,
  path: "/healthz",
  headers: [],
  ...more,
});

/** A port on which nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer();
  const port = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe("a probe over HTTP", () => {
  it.for<[status: number, result: string, message: string]>([
    [200, "success", "all well"],
    [299, "success", "all well"],
    [304, "warning", "Probe terminated redirects, Response body: "],
    [399, "warning", "Probe terminated redirects, Response body: all well"],
    [400, "failure", "HTTP probe failed with statuscode: 400"],
    [503, "failure", "HTTP probe failed with statuscode: 503"],
  ])("that is answered with %d is a %s", async ([status, result, message]) => {
    const port = await httpServer((_request, response) => response.writeHead(status).end("all well"));
    expect(await asked(http(port))).toEqual({ result, message });
  });

  it("sends the path as it is written, and the kubelet's headers", async () => {
    const port = await httpServer(({ method, url, headers }, response) => {
      response.end(JSON.stringify({ method, url, ...headers }));
    });
    const { message } = await asked(http(port, { path: "//a?b=c d#e" }));
    expect(JSON.parse(message)).toEqual({
      method: "GET",
      url: "//a?b=c%20d",
      host: `127.0.0.1:${port}`,
      "user-agent": "kube-probe/1.36",
      accept: "*/*",
      connection: "close",
    });
  });

  it("sends the author's headers, each as often as it is written, and no empty Accept", async () => {
    const port = await httpServer(({ rawHeaders }, response) => response.end(JSON.stringify(rawHeaders)));
    const headers = [
      { name: "Host", value: "shop.example" },
      { name: "X-Two", value: "1" },
      { name: "X-Two", value: "2" },
      { name: "User-Agent", value: "mine" },
      { name: "Accept", value: "" },
    ];
    const sent = JSON.parse((await asked(http(port, { headers }))).message) as string[];
    const pairs = sent.flatMap((word, index) => (index % 2 === 0 ? [`${word.toLowerCase()}: ${sent[index + 1]}`] : []));
    expect(pairs.toSorted()).toEqual([
      "connection: close",
      "host: shop.example",
      "user-agent: mine",
      "x-two: 1",
      "x-two: 2",
    ]);
  });

  it("follows redirects on the same host, with the headers, and not for ever", async () => {
    const port = await httpServer(({ url, headers }, response) => {
      if (url === "/for-ever") response.writeHead(302, { location: "/for-ever" }).end();
      else if (url === "/healthz") response.writeHead(307, { location: "deeper" }).end();
      else response.end(`${url} ${headers.host} ${String(headers["x-a"])}`);
    });
    const headers = [
      { name: "X-A", value: "1" },
      { name: "Host", value: "shop.example" },
    ];
    expect(await asked(http(port, { headers }))).toEqual({ result: "success", message: "/deeper shop.example 1" });
    const forEver = await asked(http(port, { path: "/for-ever" }));
    expect(forEver.message).toBe(`Get "http://127.0.0.1:${port}/for-ever": stopped after 10 redirects`);
    expect(forEver.result).toBe("failure");
  });

  it("takes a redirect to another host for a success, with a warning, and does not go there", async () => {
    const port = await httpServer((_request, response) => {
      response.writeHead(302, { location: "http://192.0.2.1/" }).end("over there");
    });
    expect(await asked(http(port))).toEqual({
      result: "warning",
      message: "Probe terminated redirects, Response body: over there",
    });
  });

  it("reads at most 10 KiB of an answer that never ends", async () => {
    const port = await httpServer((_request, response) => {
      const more = (): void => void (response.destroyed || response.write("x".repeat(4096), () => setImmediate(more)));
      more();
    });
    const { result, message } = await asked(http(port));
    expect([result, message.length]).toEqual(["success", 10 * 1024]);
  });

  it("over TLS asks for no certificate that anybody trusts", async () => {
    const port = await httpsServer((_request, response) => response.end("secret"));
    expect(await asked(http(port, { scheme: "https" }))).toEqual({ result: "success", message: "secret" });
    expect((await asked(http(port))).result).toBe("failure");
  });

  it("fails where nobody listens, or nobody answers in time", async () => {
    const closed = await closedPort();
    expect(await asked(http(closed))).toEqual({
      result: "failure",
      message: `Get "http://127.0.0.1:${closed}/healthz": dial tcp 127.0.0.1:${closed}: connect: connection refused`,
    });
    const port = await httpServer(() => undefined);
    expect(await asked(http(port), { timeout: 200 })).toEqual({
      result: "failure",
      message: `Get "http://127.0.0.1:${port}/healthz": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
    });
  });

  it("is an error when the answer breaks off, or when it cannot be asked", async () => {
    const port = await httpServer((_request, response) => {
      response.writeHead(200, { "content-length": 100 }).write("beginning");
      setImmediate(() => response.destroy());
    });
    expect(await asked(http(port))).toEqual({ result: "error", message: "the answer broke off" });
    const headers = [{ name: "X", value: "a\nb" }];
    expect((await asked(http(port, { headers }))).result).toBe("error");
    expect(await asked({ via: "nothing", why: "no port" })).toEqual({ result: "error", message: "no port" });
  });
});

describe("a probe over TCP", () => {
  it("succeeds where somebody listens, and fails where nobody does", async () => {
    const port = await listening(createServer());
    expect(await asked({ via: "tcp", host: undefined, port })).toEqual({ result: "success", message: "" });
    const closed = await closedPort();
    expect(await asked({ via: "tcp", host: undefined, port: closed })).toEqual({
      result: "failure",
      message: `dial tcp 127.0.0.1:${closed}: connect: connection refused`,
    });
  });

  it("is an error without an address to ask", async () => {
    const ask = createProber({ exec: undefined, kubernetes: "v1.36.3" });
    const run = { task: { identity: { clusterUid: "c", podUid: "u", attempt: 1 } }, container: "m", instance: 0 };
    const probe = { kind: "liveness", action: { via: "tcp", host: undefined, port: 1 }, timeout: 1 } as never;
    const answer = await ask(probe, { run, address: undefined }, AbortSignal.timeout(1_000));
    expect(answer).toEqual({ result: "error", message: "the pod has no address yet" });
  });
});

describe("a probe over gRPC", () => {
  const ok = { ":status": 200, "content-type": "application/grpc" } as const;
  const framed = (...message: number[]) => Buffer.from([0, 0, 0, 0, message.length, ...message]);
  const answering = (message: Buffer, trailers: Record<string, string> = { "grpc-status": "0" }) =>
    grpcServer((stream) => {
      stream.respond(ok, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers(trailers));
      stream.end(message);
    });
  const grpc = (port: number, service = ""): ProbeAction => ({ via: "grpc", port, service });

  it.for<[message: Buffer, result: string, words: string]>([
    [framed(0x08, 1), "success", "service healthy"],
    [framed(0x08, 2), "failure", 'service unhealthy (responded with "NOT_SERVING")'],
    [framed(0x08, 3), "failure", 'service unhealthy (responded with "SERVICE_UNKNOWN")'],
    [framed(), "failure", 'service unhealthy (responded with "UNKNOWN")'],
    [framed(0x12, 2, 7, 7, 0x08, 1), "success", "service healthy"],
    [Buffer.from("nonsense"), "failure", 'service unhealthy (responded with "no message")'],
  ])("that is answered with %j is a %s", async ([message, result, words]) => {
    expect(await asked(grpc(await answering(message)))).toEqual({ result, message: words });
  });

  it("asks Health/Check for its service", async () => {
    let path: string | undefined;
    let request: Buffer | undefined;
    const port = await grpcServer((stream, ...told) => {
      [path, request] = told;
      stream.respond({ ...ok, "grpc-status": "5", "grpc-message": "unknown%20service" }, { endStream: true });
    });
    expect(await asked(grpc(port, "shop"))).toEqual({
      result: "failure",
      message: "error: health rpc probe failed: rpc error: code = NotFound desc = unknown service",
    });
    expect(path).toBe("/grpc.health.v1.Health/Check");
    expect(request).toEqual(Buffer.from([0, 0, 0, 0, 6, 0x0a, 4, ...Buffer.from("shop")]));
    expect(checkRequest("x".repeat(300)).subarray(0, 8)).toEqual(Buffer.from([0, 0, 0, 1, 47, 0x0a, 0xac, 2]));
  });

  it("says that a server has no health service, and that one does not speak gRPC", async () => {
    const without = await answering(Buffer.alloc(0), { "grpc-status": "12", "grpc-message": "unknown service" });
    expect((await asked(grpc(without))).message).toBe(
      "error: this server does not implement the grpc health protocol (grpc.health.v1.Health): unknown service",
    );
    const plain = await grpcServer((stream) => stream.respond({ ":status": 404 }, { endStream: true }));
    expect((await asked(grpc(plain))).message).toContain("unexpected HTTP status code received from server: 404");
    const other = await httpServer((_request, response) => response.end("hello"));
    expect((await asked(grpc(other))).result).toBe("failure");
  });

  it("fails where nobody listens, or nobody answers in time", async () => {
    const closed = await closedPort();
    expect((await asked(grpc(closed))).message).toBe(
      `error: failed to connect service at "127.0.0.1:${closed}": dial tcp 127.0.0.1:${closed}: connect: connection refused`,
    );
    const silent = await grpcServer(() => undefined);
    expect((await asked(grpc(silent), { timeout: 400 })).message).toBe(
      "timeout: health rpc did not complete within 0.4s",
    );
    const deaf = await listening(createServer());
    expect((await asked(grpc(deaf), { timeout: 300 })).message).toBe(
      `timeout: failed to connect service "127.0.0.1:${deaf}" within 0.3s: context deadline exceeded`,
    );
  });
});

describe("a probe by a command", () => {
  const command = (code: number | Error, output = "") => {
    const commands: ExecCommand[] = [];
    const exec = async (_target: unknown, asked: ExecCommand): Promise<ProcessStream> => {
      commands.push(asked);
      const [stdout, stderr] = [new PassThrough(), new PassThrough()];
      stdout.end(output);
      stderr.end();
      const read = Promise.all([stdout, stderr].map((one) => new Promise((resolve) => one.once("end", resolve))));
      const exit = read.then(() => {
        if (code instanceof Error) throw code;
        return { code };
      });
      exit.catch(() => undefined);
      return { stdin: new Writable(), stdout, stderr, resize: () => {}, exit };
    };
    return { commands, exec };
  };
  const exec: ProbeAction = { via: "exec", argv: ["cat", "/tmp/healthy"] };

  it.for([
    [0, "success"],
    [1, "failure"],
    [137, "failure"],
  ] as const)("that ends with %d is a %s", async ([code, result]) => {
    const { exec: run, commands } = command(code, "what it printed");
    expect(await asked(exec, { exec: run })).toEqual({ result, message: "what it printed" });
    expect(commands).toEqual([{ argv: ["cat", "/tmp/healthy"], tty: false, stdin: false }]);
  });

  it("is read to its end, and its first 10 KiB are told", async () => {
    const { message } = await asked(exec, { exec: command(0, "x".repeat(1_000_000)).exec });
    expect(message.length).toBe(10 * 1024);
  });

  it("that cannot be run, or of which nobody knows how it ended, is an error", async () => {
    const missing = new ProviderError("invalid", "StartError", "no such file");
    expect(await asked(exec, { exec: () => Promise.reject(missing) })).toEqual({
      result: "error",
      message: "no such file",
    });
    expect((await asked(exec, { exec: command(missing).exec })).result).toBe("error");
    expect((await asked(exec)).result).toBe("error");
  });

  it("that takes too long is told to end, and is a failure", async () => {
    let told: AbortSignal | undefined;
    const hang = (_target: unknown, _command: unknown, signal: AbortSignal) => {
      told = signal;
      return new Promise<never>(() => undefined);
    };
    expect(await asked(exec, { exec: hang, timeout: 200 })).toEqual({
      result: "failure",
      message: 'command timed out: "cat /tmp/healthy" timed out after 0.2s',
    });
    expect(told?.aborted).toBe(true);
  });

  it.for([
    [1_000, "1s"],
    [90_000, "1m30s"],
    [3_600_000, "1h0m0s"],
  ] as const)("%d ms are told as %s", ([ms, text]) => expect(goDuration(ms)).toBe(text));
});
