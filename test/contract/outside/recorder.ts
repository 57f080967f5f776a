/** Stands between an SDK and its cloud, and writes down every call of the protocols awsJson1.0 and 1.1. */
import { createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

export interface RecordedCall {
  /** As botocore names it: `ecs`. */
  readonly service: string;
  readonly operation: string;
  readonly request: unknown;
  /** Absent: an error was answered. */
  readonly answer?: unknown;
}

export interface Recorder extends AsyncDisposable {
  readonly url: string;
  readonly calls: readonly RecordedCall[];
}

/** What stands before the operation in X-Amz-Target, and botocore's name of that service. */
const services: Readonly<Record<string, string>> = {
  AmazonEC2ContainerServiceV20141113: "ecs",
  AmazonSQS: "sqs",
  Logs_20140328: "logs",
  ServiceQuotasV20190624: "service-quotas",
};

export async function startRecorder(cloud: string): Promise<Recorder> {
  const calls: RecordedCall[] = [];
  const server = createServer((asked, answer) => {
    void pass(asked).then(
      ({ status, headers, body }) => answer.writeHead(status, headers).end(body),
      (error: unknown) => answer.destroy(error as Error),
    );
  });
  async function pass(asked: IncomingMessage) {
    const sent = await buffer(asked);
    const target = String(asked.headers["x-amz-target"] ?? "").split(".");
    const got = await forward(cloud, asked, sent);
    const [prefix = "", operation = ""] = target;
    const service = services[prefix];
    if (service !== undefined) {
      const call = { service, operation, request: parsed(sent) };
      calls.push(got.status === 200 ? { ...call, answer: parsed(got.body) } : call);
    }
    return got;
  }
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const parsed = (body: Buffer): unknown => JSON.parse(body.length === 0 ? "{}" : body.toString()) as unknown;

interface Got {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

function forward(cloud: string, { method, url = "/", headers }: IncomingMessage, body: Buffer): Promise<Got> {
  return new Promise((resolve, reject) => {
    const sent = request(new URL(url, cloud), { method, headers }, (answer) => {
      buffer(answer).then(
        (all) => resolve({ status: answer.statusCode ?? 502, headers: answer.headers, body: all }),
        reject,
      );
    });
    sent.once("error", reject);
    sent.end(body);
  });
}
