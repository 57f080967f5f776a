/** Servers to be asked, on loopback. */
import { createServer as createHttp, type RequestListener } from "node:http";
import { createServer as createHttp2, type ServerHttp2Stream } from "node:http2";
import { createServer as createHttps } from "node:https";
import type { AddressInfo, Server, Socket } from "node:net";
import { onTestFinished } from "vitest";
import { systemClock } from "../telemetry/clock.ts";
import { selfSignedCertificate } from "../kubelet/serving/certificate.ts";
import { servingIdentity } from "../kubelet/serving/names.ts";
import type { Outcome, Probe, ProbeAction } from "./probe.ts";
import { createProber } from "./prober.ts";

const loopback = "127.0.0.1";

/** Resolves to its port; it ends with the test. */
export async function listening(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, loopback, resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

export const httpServer = (answer: RequestListener): Promise<number> => listening(createHttp(answer));

export function httpsServer(answer: RequestListener): Promise<number> {
  const { key, cert } = selfSignedCertificate(servingIdentity(["pod"], ["192.0.2.1"]), systemClock.now());
  return listening(createHttps({ key, cert }, answer));
}

export function grpcServer(
  answer: (stream: ServerHttp2Stream, path: string, request: Buffer) => void,
): Promise<number> {
  const server = createHttp2();
  server.on("stream", (stream, headers) => {
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("error", () => undefined);
    stream.on("end", () => answer(stream, headers[":path"] ?? "", Buffer.concat(chunks)));
  });
  return listening(server);
}

/** Asks once, at loopback or at `host`; the time is over after `timeout` milliseconds. */
export async function asked(action: ProbeAction, { timeout = 5_000, exec }: AskOptions = {}): Promise<Outcome> {
  const prober = createProber({ exec, kubernetes: "v1.36.3" });
  const run = { task: { identity: { clusterUid: "c", podUid: "u", attempt: 1 } }, container: "main", instance: 0 };
  const probe: Probe = {
    kind: "readiness",
    action,
    initialDelay: 0,
    period: 1_000,
    timeout,
    successThreshold: 1,
    failureThreshold: 1,
  };
  return prober(probe, { run, address: loopback }, AbortSignal.timeout(timeout));
}

interface AskOptions {
  readonly timeout?: number;
  readonly exec?: Parameters<typeof createProber>[0]["exec"];
}
