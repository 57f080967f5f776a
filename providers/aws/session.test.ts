import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ECSClient, ListTasksCommand } from "@aws-sdk/client-ecs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type AwsSession, createSession } from "./session.ts";

const credentials = { accessKeyId: "test", secretAccessKey: "test" };
let server: Server;
let url: string;
let connections = 0;
let session: AwsSession | undefined;

beforeEach(async () => {
  connections = 0;
  server = createServer((_req, res) => {
    res.setHeader("content-type", "application/x-amz-json-1.1");
    res.end('{"taskArns":[]}');
  });
  server.on("connection", () => void connections++);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  session?.close();
  vi.unstubAllEnvs();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const clientOf = (options: Parameters<typeof createSession>[0]): ECSClient => {
  session = createSession(options);
  return new ECSClient({ ...session.clientConfig, credentials });
};
const list = async (ecs: ECSClient) => ecs.send(new ListTasksCommand({}));

describe("a session", () => {
  test("keeps its connections for all clients made from it", async () => {
    const one = clientOf({ region: "eu-central-1", endpoint: url });
    const other = new ECSClient({ ...session?.clientConfig, credentials });
    for (let n = 0; n < 10; n++) await list(n % 2 === 0 ? one : other);
    expect(connections).toBe(1);
  });

  test("opens no more than 64 connections, whatever is asked at once", async () => {
    const ecs = clientOf({ region: "eu-central-1", endpoint: url });
    await Promise.all(Array.from({ length: 200 }, async () => list(ecs)));
    expect(connections).toBeLessThanOrEqual(64);
  });

  test("takes endpoint and region from the environment where the configuration has none", async () => {
    vi.stubEnv("AWS_ENDPOINT_URL", url);
    vi.stubEnv("AWS_REGION", "ap-southeast-2");
    const ecs = clientOf({});
    await expect(list(ecs)).resolves.toMatchObject({ taskArns: [] });
    await expect(ecs.config.region()).resolves.toBe("ap-southeast-2");
  });
});
