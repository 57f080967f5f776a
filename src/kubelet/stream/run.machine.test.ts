import { request } from "node:https";

import { afterEach, describe, expect, it, test } from "vitest";

import type { Provider } from "../../provider.ts";
import { startTestServer, testAuthority, type TestServer, type TestServerOptions } from "../testing.ts";
import { realProcesses, runningPod } from "./testing.ts";
import { soon } from "../../../test/support/eventually.ts";

const authority = testAuthority();
const admin = authority.client({ commonName: "admin", organizations: ["system:masters"] });
const servers: TestServer[] = [];

async function start(options: TestServerOptions): Promise<TestServer> {
  const clientCA = (): Promise<string> => Promise.resolve(authority.cert);
  const server = await startTestServer({ clientCA, pods: [runningPod], ...options });
  servers.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

describe("run", () => {
  const run = async (provider: Partial<Provider>, cmd: string) =>
    (await start({ provider })).ask(`/run/default/web/main?cmd=${encodeURIComponent(cmd)}`, {
      method: "POST",
      ...admin,
    });

  it("answers with the output of a command whose words stand between spaces", async () => {
    const answer = await run(realProcesses(), "printf %s-%s one  two");
    expect([answer.status, answer.body]).toEqual([200, "one-two"]);
  });

  it("is 500 with the command's own words when it fails", async () => {
    const answer = await run(realProcesses(), "ls /does-not-exist");
    expect(answer.status).toBe(500);
    expect(JSON.parse(answer.body)).toMatchObject({
      message: expect.stringMatching(/exited with [12]: .*No such file/),
    });
  });

  it("ends a command that writes more than 16 MiB", async () => {
    const processes = realProcesses();
    const answer = await run(processes, "cat /dev/zero");
    expect(answer.status).toBe(500);
    expect(JSON.parse(answer.body)).toMatchObject({ message: expect.stringContaining("more than 16 MiB") });
    await processes.calls[0]?.process.exit;
    expect(processes.calls[0]?.signal.aborted).toBe(true);
  });

  it("ends its command when the client is gone", async () => {
    const processes = realProcesses();
    const server = await start({ provider: processes });
    const sent = request({
      host: "127.0.0.1",
      port: server.port,
      path: "/run/default/web/main?cmd=sleep%201000",
      method: "POST",
      rejectUnauthorized: false,
      agent: false,
      ...admin,
    });
    sent.on("error", () => undefined).end();
    await soon(() => expect(processes.calls.length).toBe(1));
    sent.destroy();
    expect(await processes.calls[0]?.process.exit).toEqual({ code: 137 });
  });

  test.for([
    ["/run/default/web/main", 400],
    ["/run/default/web/main?cmd=%20", 400],
    ["/run/default/gone/main?cmd=id", 404],
    ["/run/default/web/uid-2/main?cmd=id", 404],
    ["/run/default/web/none?cmd=id", 404],
    ["/run/default/web/ended?cmd=id", 500],
  ] as const)("of %s is refused by %i", async ([path, code]) => {
    const server = await start({ provider: realProcesses() });
    const answer = await server.ask(path, { method: "POST", ...admin });
    expect(answer.status).toBe(code);
    expect(JSON.parse(answer.body)).toMatchObject({ kind: "Status", code });
  });
});
