/** AWS over real HTTP as far as a unit test needs it: each operation is a function of the request. */
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ECSClient } from "@aws-sdk/client-ecs";
import { createLimiter } from "../../src/limits/limiter.ts";
import { fakeClock } from "../../test/support/fake-clock.ts";
import { createSession } from "../aws/session.ts";
import { createEcsClient, type EcsClient } from "./client.ts";
import { createEcsBuckets } from "./quotas/buckets.ts";

/** What the service answers: a body with status 200, or an error of that code. */
export type Reply = object | { readonly error: string; readonly message?: string; readonly status?: number };

export interface Call {
  /** Such as `RunTask`. */
  readonly operation: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- a test reads what it knows to be there
  readonly input: any;
  readonly headers: IncomingHttpHeaders;
}

export interface FakeAws {
  readonly url: string;
  /** Every call, in order of arrival. */
  readonly calls: Call[];
  /** By operation; what is missing is answered as an unknown operation. */
  readonly on: Record<string, (input: Call["input"], call: Call) => Reply | "hang up" | Promise<Reply | "hang up">>;
  close(): Promise<void>;
}

/** On loopback. Speaks awsJson1.1 (ECS, Logs, Service Quotas); the query protocol of STS and IAM by `raw`. */
export async function startFakeAws(on: FakeAws["on"] = {}): Promise<FakeAws> {
  const calls: Call[] = [];
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on("data", (chunk: Buffer) => chunks.push(chunk));
    req.on("end", () => {
      const text = Buffer.concat(chunks).toString();
      const target = req.headers["x-amz-target"];
      const query = new URLSearchParams(text);
      const isQuery = target === undefined;
      const operation = isQuery ? (query.get("Action") ?? "") : String(target).split(".").pop();
      const input: unknown = isQuery ? Object.fromEntries(query) : JSON.parse(text || "{}");
      const call = { operation: operation ?? "", input, headers: req.headers };
      calls.push(call);
      const reply = on[call.operation]?.(input, call) ?? { error: "UnknownOperationException" };
      void Promise.resolve(reply).then((answer) => {
        if (answer === "hang up") return req.socket.destroy();
        if ("raw" in answer) {
          res.writeHead("status" in answer ? Number(answer.status) : 200, { "content-type": "text/xml" });
          return res.end(String(answer.raw));
        }
        const isError = "error" in answer;
        const { error, status, ...rest } = answer as { error?: string; status?: number };
        res.writeHead(status ?? (isError ? 400 : 200), { "content-type": "application/x-amz-json-1.1" });
        return res.end(JSON.stringify(isError ? { __type: error, ...rest } : answer));
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    on,
    close: async () => closed(server),
  };
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

/** Of no account at all. */
export const credentials = { accessKeyId: "test", secretAccessKey: "test" };

export const opened: { close(): void | Promise<void> }[] = [];

/** A client of ECS cluster `burstlet` over a server of its own; `closeAll` closes both. */
export async function openClient(on: FakeAws["on"] = {}): Promise<{ aws: FakeAws; client: EcsClient }> {
  const aws = await startFakeAws(on);
  const session = createSession({ region: "eu-central-1", endpoint: aws.url });
  opened.push(session, aws);
  const ecs = new ECSClient({ ...session.clientConfig, credentials });
  const everything = { rate: 1e6, burst: 1e6 };
  const limiter = () => createLimiter(fakeClock(), everything);
  return { aws, client: createEcsClient(ecs, "burstlet", createEcsBuckets(limiter)) };
}

export async function closeAll(): Promise<void> {
  await Promise.all(opened.splice(0).map(async (one) => one.close()));
}
