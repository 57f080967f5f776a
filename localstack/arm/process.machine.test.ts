/** Container groups as real processes, and commands in them over websockets. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { createProcessRuntime, shutdownSupervisor } from "../../providers/local/runtime/process/process-runtime.ts";
import { ownNetwork } from "../../providers/local/runtime/process/testing.ts";
import { systemClock } from "../../src/telemetry/clock.ts";
import { eventually } from "../../test/support/eventually.ts";
import { describeWith } from "../../test/support/requirements.ts";
import { silentLog } from "../../test/support/silent-log.ts";
import { type AzureWorld, groupBody, openAzure, stateOf, viewOf } from "./testing.ts";

const image = "busybox:1.37";
const untilTerm = "trap 'exit 143' TERM; while :; do sleep 0.1; done";

const shell = (name: string, script: string, more: object = {}): object => {
  const resources = { requests: { cpu: 0.5, memoryInGB: 0.5 } };
  return { name, properties: { image, command: ["/bin/sh", "-c", script], resources, ...more } };
};
const init = (name: string, script: string, more: object = {}): object => {
  return { name, properties: { image, command: ["/bin/sh", "-c", script], ...more } };
};

interface Stats {
  readonly timestamp: number;
  readonly containers: readonly {
    readonly name: string;
    readonly cpu: { readonly usageCoreNanoSeconds: number };
    readonly memory: { readonly workingSetBytes: number };
  }[];
}

/** All that has come over a websocket by now; `secret`: its first message. */
async function opened(uri: string, secret: string) {
  const client = new WebSocket(uri);
  const seen = { text: "", closed: undefined as number | undefined };
  client.on("message", (data: Buffer) => (seen.text += data.toString("utf8")));
  client.once("close", (code) => (seen.closed = code));
  await new Promise((resolve, reject) => client.once("open", resolve).once("error", reject));
  client.send(secret);
  return { client, seen };
}

describeWith(["namespaces", "busybox"], "on the process runtime a container group", () => {
  let azure: AzureWorld;
  const network = ownNetwork();
  const stateDir = mkdtempSync(join(tmpdir(), "burstlet-standin-"));

  beforeAll(async () => {
    const runtime = () => createProcessRuntime({ stateDir, clock: systemClock, log: silentLog, ...network });
    const metadataHost = network.subnet.replace("0/24", "1");
    azure = await openAzure({ azure: { times: { crash: 0.1 } } }, { runtime, metadataHost });
  });

  afterAll(async () => {
    await azure[Symbol.asyncDispose]();
    await shutdownSupervisor(stateDir, systemClock);
    rmSync(stateDir, { recursive: true, force: true });
  });

  const talk = shell("app", "while :; do echo tick; sleep 0.1; done");
  /** A group runs once one of its containers does, and the other one is perhaps on its way. */
  const runs = (group: string) => azure.until(group, (one) => viewOf(one)?.currentState.state === "Running");
  const logs = async (group: string, container: string, query = "") =>
    (await azure.group("GET", `${group}/containers/${container}/logs${query}`)).body.content ?? "";
  const exec = async (group: string, command: string) => {
    const size = { rows: 30, cols: 100 };
    const { body } = await azure.group("POST", `${group}/containers/app/exec`, { command, terminalSize: size });
    return opened(body.webSocketUri ?? "", body.password ?? "");
  };
  /** A shell that listens: what is typed while it prepares its terminal may be lost. */
  const prompted = async (group: string) => {
    const session = await exec(group, "/bin/sh");
    await eventually("a prompt", () => session.seen.text !== "");
    return session;
  };

  test("runs init containers first, shares volumes, has its secret files, and ends with its codes and output", async () => {
    const volumeMounts = [
      { name: "shared", mountPath: "/shared" },
      { name: "files", mountPath: "/files", readOnly: true },
    ];
    const secret = { word: Buffer.from("from a file").toString("base64") };
    const put = await azure.group(
      "PUT",
      "whole",
      groupBody({
        restartPolicy: "Never",
        volumes: [
          { name: "shared", emptyDir: {} },
          { name: "files", secret },
        ],
        initContainers: [init("init", "echo from init > /shared/word", { volumeMounts })],
        containers: [
          shell("app", "cat /shared/word; cat /files/word; echo; echo $WHO; exit 3", {
            volumeMounts,
            environmentVariables: [{ name: "WHO", secureValue: "secret" }],
          }),
          shell("other", "exit 0"),
        ],
      }),
    );
    expect([put.status, JSON.stringify(put.body)]).toEqual([201, expect.not.stringMatching(/secureValue|ZnJvbSBh/)]);
    const group = await azure.until("whole", (one) => stateOf(one) === "Failed");
    expect(["init", "app", "other"].map((name) => viewOf(group, name)?.currentState.exitCode)).toEqual([0, 3, 0]);
    expect(await logs("whole", "app")).toBe("from init\nfrom a file\nsecret\n");
    expect(await logs("whole", "app", "?tail=1&timestamps=true")).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z secret\n$/);
  });

  test("takes a command on a terminal over a websocket: password first, then raw bytes", async () => {
    await azure.group("PUT", "shell", groupBody({ containers: [shell("app", untilTerm), shell("more", untilTerm)] }));
    await runs("shell");
    const { client, seen } = await prompted("shell");
    client.send("stty size; echo it-$((40 + 2))\n");
    await eventually("the answer", () => seen.text.includes("it-42\r\n"));
    expect(seen.text).toContain("30 100\r\n");
    client.send("exit 7\n");
    await eventually("it is closed", () => seen.closed !== undefined);
    expect(seen.closed).toBe(1000);
    const one = await exec("shell", "/bin/sh -c true");
    await eventually("it is closed", () => one.seen.closed !== undefined);
    expect(one.seen.text).toContain('exec: "/bin/sh -c true"');
  });

  test("has the words of a command split, and the password of attach said first, where switches say so", async () => {
    await azure.group("PUT", "words", groupBody({ containers: [talk, shell("b", untilTerm)] }));
    await runs("words");
    azure.cloud.scenario.change({ switches: { azure: { execCommand: "split", attachPassword: "message" } } });
    const { seen } = await exec("words", "/bin/echo  a  b");
    await eventually("it is closed", () => seen.closed !== undefined);
    expect(seen).toEqual({ text: "a b\r\n", closed: 1000 });
    const attach = async () => (await azure.group("POST", "words/containers/app/attach", {})).body;
    const guessed = await opened((await attach()).webSocketUri ?? "", "guessed");
    await eventually("it is closed", () => guessed.seen.closed === 1008);
    const { webSocketUri = "", password = "" } = await attach();
    const told = await opened(webSocketUri, password);
    await eventually("its output", () => told.seen.text.includes("tick\ntick\n"));
    told.client.close();
    azure.cloud.scenario.change({ switches: { azure: { execCommand: "one program", attachPassword: "header" } } });
  });

  test("promises a stream to a container that has ended too, of which nothing comes", async () => {
    const ended = groupBody({ restartPolicy: "Never", containers: [shell("app", "exit 0"), shell("b", untilTerm)] });
    await azure.group("PUT", "ended", ended);
    await azure.until("ended", (one) => viewOf(one)?.currentState.state === "Terminated");
    const { seen } = await exec("ended", "/bin/sh");
    await eventually("it is closed", () => seen.closed !== undefined);
    expect(seen).toEqual({ text: "", closed: 1000 });
  });

  test("loses a command with its client, and keeps it while a reader is slow", async () => {
    await azure.group("PUT", "left", groupBody({ containers: [shell("app", untilTerm), shell("b", untilTerm)] }));
    await runs("left");
    const slow = await prompted("left");
    slow.client.pause();
    slow.client.send("head -c 4000000 /dev/zero | tr '\\0' x; echo end-$((1 + 1)); exit\n");
    const gone = await prompted("left");
    gone.client.send("echo $$ > /tmp/shell; echo it-$((40 + 2))\n");
    await eventually("the answer", () => gone.seen.text.includes("it-42"));
    gone.client.terminate();
    await eventually("it has ended", async () => {
      const look = await prompted("left");
      look.client.send("kill -0 $(cat /tmp/shell) && echo still-$((1 + 1)) || echo gone-$((1 + 1)); exit\n");
      await eventually("it is closed", () => look.seen.closed !== undefined);
      return look.seen.text.includes("gone-2");
    });
    slow.client.resume();
    await eventually("all of it", () => slow.seen.closed !== undefined);
    expect(slow.seen.text.match(/x/g)?.length).toBeGreaterThanOrEqual(4_000_000);
    expect(slow.seen.text).toContain("end-2\r\n");
  });

  test("refuses a wrong password, and a second connection to one promise", async () => {
    await azure.group("PUT", "guarded", groupBody({ containers: [shell("app", untilTerm), shell("b", untilTerm)] }));
    await runs("guarded");
    const { body } = await azure.group("POST", "guarded/containers/app/exec", { command: "/bin/sh" });
    const { client, seen } = await opened(body.webSocketUri ?? "", "guessed");
    client.send("echo it-$((40 + 2))\n");
    await eventually("it is closed", () => seen.closed !== undefined);
    expect(seen).toEqual({ text: "", closed: 1008 });
    await expect(opened(body.webSocketUri ?? "", body.password ?? "")).rejects.toThrow("404");
  });

  test("tells its output from now on to who attaches with the password in a header", async () => {
    await azure.group("PUT", "talks", groupBody({ containers: [talk, shell("b", untilTerm)] }));
    await runs("talks");
    const { body } = await azure.group("POST", "talks/containers/app/attach", {});
    const client = new WebSocket(body.webSocketUri ?? "", { headers: { authorization: body.password } });
    let text = "";
    client.on("message", (data: Buffer) => (text += data.toString("utf8")));
    await eventually("its output", () => text.includes("tick\ntick\n"));
    client.close();
  });

  test("has a container run again that its liveness probe finds dead, by command and by HTTP", async () => {
    const probe = { periodSeconds: 1, failureThreshold: 1, timeoutSeconds: 10 };
    const server = "echo ok > index; httpd -f -p 8080 & sleep 1; test -f /shared/once || kill $!; touch /shared/once";
    const volumeMounts = [{ name: "shared", mountPath: "/shared" }];
    await azure.group(
      "PUT",
      "probed",
      groupBody({
        volumes: [{ name: "shared", emptyDir: {} }],
        containers: [
          shell("app", `touch /tmp/alive; sleep 1; rm /tmp/alive; ${untilTerm}`, {
            livenessProbe: { ...probe, exec: { command: ["test", "-f", "/tmp/alive"] } },
          }),
          shell("web", `mkdir -p /shared; cd /shared; ${server}; ${untilTerm}`, {
            volumeMounts,
            // The server needs a moment to come up.
            livenessProbe: {
              ...probe,
              failureThreshold: 3,
              initialDelaySeconds: 2,
              httpGet: { path: "/index", port: 8080 },
            },
          }),
        ],
      }),
    );
    const runsAgain = (name: string, count: number) =>
      eventually(`run ${count} of ${name}`, async () => {
        const view = viewOf((await azure.group("GET", "probed")).body, name);
        return (view?.restartCount ?? 0) >= count && view;
      });
    for (const name of ["app", "web"]) {
      const view = await runsAgain(name, 1);
      expect(view.events?.map((event) => event.name)).toEqual(expect.arrayContaining(["Unhealthy", "Killing"]));
      expect(view.previousState?.state).toBe("Terminated");
    }
    // The server stays up in its second run, while the other one is asked and ended again and again.
    await runsAgain("app", 4);
    expect((await runsAgain("web", 1)).restartCount).toBe(1);
  });

  test("that is deleted is gone with all of its processes", async () => {
    await azure.group("PUT", "short", groupBody({ containers: [shell("app", "sleep 86399"), shell("b", untilTerm)] }));
    await runs("short");
    await azure.group("DELETE", "short");
    await eventually("it is gone", () =>
      azure.cloud.ledger.entries.some(
        ({ event, ...of }) => event === "group gone" && "group" in of && of.group.endsWith("/short"),
      ),
    );
  });

  test("tells what its containers use at a port of its address, where it has the extension, and ends no later for it", async () => {
    const extension = { name: "usage", properties: { extensionType: "realtime-metrics", version: "1.0" } };
    const ports = [{ port: 80, protocol: "TCP" }];
    const busy = "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done";
    const containers = [shell("app", `${busy}; ${untilTerm}`, { ports }), shell("b", untilTerm)];
    const ipAddress = { type: "Public", ports };
    for (const [name, extensions] of [
      ["plain", []],
      ["measured", [extension]],
    ] as const) {
      const { body } = await azure.group("PUT", name, groupBody({ containers, ipAddress, extensions }));
      expect(body.error).toBeUndefined();
    }
    const ask = async (group: string) => {
      const { properties } = await runs(group);
      return fetch(`http://${properties?.ipAddress?.ip}:18899/v1/stats`);
    };
    await expect(ask("plain")).rejects.toThrow();
    const told = await eventually("it is told", async () => {
      const answer = await ask("measured");
      const body = (await answer.json()) as Stats;
      return body.containers.some(({ name, cpu }) => name === "app" && cpu.usageCoreNanoSeconds > 1e6) && body;
    });
    expect(Math.abs(told.timestamp / 1e6 - azure.cloud.clock.now())).toBeLessThan(10_000);
    expect(told.containers.map(({ name }) => name).toSorted()).toEqual(["app", "azure-realtime-metrics", "b"]);
    for (const { memory } of told.containers) expect(memory.workingSetBytes).toBeGreaterThan(0);
    const { body } = await azure.group("GET", "measured");
    expect(body.properties?.containers?.map(({ name }) => name)).toEqual(["app", "b"]);
    for (const group of ["plain", "measured"]) await azure.group("DELETE", group);
    await eventually("both are gone", async () => {
      const answers = await Promise.all(["plain", "measured"].map((group) => azure.group("GET", group)));
      return answers.every(({ status }) => status === 404);
    });
  });
});
