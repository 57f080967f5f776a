import { spawn } from "node:child_process";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { startLocalstack } from "../../../localstack/localstack.ts";
import { systemClock as clock } from "../../../src/telemetry/clock.ts";
import { eventually } from "../../support/eventually.ts";
import { environment } from "./environment.ts";

export interface AwsTarget extends AsyncDisposable {
  /** `undefined`: AWS itself. */
  readonly endpoint: string | undefined;
}

/** What answers otherwise than AWS, by test: known, and looked at when the other side is renewed. */
export type Divergences = readonly { readonly reason: string; readonly tests: readonly string[] }[];

export async function standIn(): Promise<AwsTarget> {
  const { url, close } = await startLocalstack({ clock, port: 0 });
  return { endpoint: url, [Symbol.asyncDispose]: close };
}

const standInDivergences: Divergences = [];

export async function moto(): Promise<AwsTarget> {
  const port = await freePort();
  const server = spawn(join(environment, "bin", "moto_server"), ["-H", "127.0.0.1", "-p", String(port)], {
    stdio: "ignore",
  });
  const ended = new Promise<void>((resolve) => server.once("exit", () => resolve()));
  const endpoint = `http://127.0.0.1:${port}`;
  const answers = async () =>
    fetch(`${endpoint}/moto-api/data.json`).then(
      ({ ok }) => ok,
      () => false,
    );
  await eventually("moto answers", answers, 60_000);
  return {
    endpoint,
    async [Symbol.asyncDispose]() {
      server.kill("SIGKILL");
      await ended;
    },
  };
}

const motoDivergences: Divergences = [
  {
    reason: "moto runs nothing, and tells a task as running at once",
    tests: ["a task begins as PROVISIONING, with a version and the time at which it was made"],
  },
  {
    reason: "moto does not look at clientToken",
    tests: [
      "the same token with the same request is the same task",
      "the same token with another request is a conflict that names the task",
    ],
  },
  { reason: "moto hands on EC2's own error", tests: ["a subnet that does not exist is refused"] },
  { reason: "moto leaves out stopCode", tests: ["a task that is stopped says by whom and why"] },
  { reason: "moto is silent about missing tasks", tests: ["a task that does not exist is named as MISSING"] },
  {
    reason: "moto does not check this",
    tests: [
      "a security group that does not exist is refused",
      "more than ten tasks at once is refused",
      "a size that Fargate does not have is refused",
      "a bridge network on Fargate is refused",
    ],
  },
];

/** LocalStack has ECS only under a licence: nobody has run the suite against it here. */
export const divergencesOf: Readonly<Record<string, Divergences>> = {
  "stand-in": standInDivergences,
  moto: motoDivergences,
  localstack: [],
  aws: [],
};

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
