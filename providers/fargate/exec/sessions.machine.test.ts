/** Sessions into tasks of the stand-in that are processes of this host: every answer that AWS may have, and a bad network. */
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer, text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Localstack, startLocalstack } from "../../../localstack/localstack.ts";
import type { ScenarioInput } from "../../../localstack/scenario/schema.ts";
import { create } from "../provider.ts";
import type { FargateRequest } from "../request.ts";
import { createProcessRuntime, shutdownSupervisor } from "../../local/runtime/process/process-runtime.ts";
import { ownNetwork } from "../../local/runtime/process/testing.ts";
import {
  type ContainerRef,
  type ExecCommand,
  idempotencyToken,
  type Provider,
  type TaskState,
} from "../../../src/provider.ts";
import { systemClock as clock } from "../../../src/telemetry/clock.ts";
import { eventually } from "../../../test/support/eventually.ts";
import { providerContext } from "../../../test/support/provider-context.ts";
import { describeWith } from "../../../test/support/requirements.ts";
import { podWith, resolvedPod } from "../../../test/support/resolve-sources.ts";
import { silentLog as log } from "../../../test/support/silent-log.ts";
import { set, uidOf, withCredentials } from "../../../test/fargate/testing.ts";

type Switches = NonNullable<ScenarioInput["switches"]>;

const usual: Switches = {
  nonInteractiveSessions: "accepted",
  portSessions: "accepted",
  execAgent: "connected",
  sessionHandshake: false,
  sessionWeather: { lost: 0, repeated: 0, late: 0 },
};
const answers: readonly (readonly [string, Switches])[] = [
  ["AWS takes the document for two outputs", {}],
  ["AWS refuses it", { nonInteractiveSessions: "refused" }],
  ["the agent shakes hands for a terminal", { nonInteractiveSessions: "refused", sessionHandshake: true }],
  ["the network is bad", { sessionWeather: { lost: 3, repeated: 10, late: 10 } }],
  [
    "the network is bad, and AWS refuses it",
    { nonInteractiveSessions: "refused", sessionWeather: { lost: 3, repeated: 10, late: 10 } },
  ],
];

describeWith(["root", "namespaces", "busybox"], "sessions on Fargate", () => {
  let aws: Localstack;
  let stateDir: string;
  const over = new AbortController();
  const opened: Provider<FargateRequest>[] = [];
  /** What each provider has told of each pod's task. */
  const told = new Map<Provider, Map<string, TaskState>>();
  const stateOf = (provider: Provider, podUid: string) => told.get(provider)?.get(podUid);
  let box: ContainerRef;
  let bare: ContainerRef;

  const open = async (change: object = {}): Promise<Provider<FargateRequest>> => {
    const config = { ...set, endpoint: aws.url, exec: true, ...change };
    const provider = await create(config, providerContext(clock, { log }));
    opened.push(provider);
    const states = new Map<string, TaskState>();
    told.set(provider, states);
    const feed = {
      task: (state: TaskState) => void states.set(state.identity.podUid, state),
      gone: () => undefined,
      synced: () => undefined,
      health: () => undefined,
    };
    void provider.watch(feed, over.signal);
    return provider;
  };
  const launch = async (
    provider: Provider<FargateRequest>,
    podUid: string,
    container: object,
  ): Promise<ContainerRef> => {
    const pod = podWith({ image: "busybox:1", command: ["sh", "-c", "sleep 3600"], ...container });
    const { request, refusals } = provider.translate(
      await resolvedPod({ ...pod, metadata: { ...pod.metadata, uid: podUid } }),
    );
    if (request === undefined) throw new Error(JSON.stringify(refusals));
    const identity = { clusterUid: "cluster-1", podUid, attempt: 1 };
    const { id } = await provider.launch(
      { identity, token: idempotencyToken(identity, 1), tryNumber: 1, request },
      over.signal,
    );
    await eventually("it runs", () => stateOf(provider, podUid)?.containers[0]?.state.is === "running");
    return { task: { identity, id }, container: "main", instance: 0 };
  };
  /** Another life of the node for each: what it has learnt of AWS is its own. */
  const fresh = async (switches: Switches, target = box): Promise<Provider<FargateRequest>> => {
    aws.scenario.change({ switches: { ...usual, ...switches } });
    const provider = await open();
    await eventually("the task is found", () => stateOf(provider, target.task.identity.podUid)?.phase === "running");
    return provider;
  };
  const exec = async (
    provider: Provider,
    target: ContainerRef,
    command: Partial<ExecCommand>,
    signal = over.signal,
  ) => {
    if (provider.exec === undefined) throw new Error("it executes nothing");
    return provider.exec(target, { argv: [], tty: false, stdin: false, ...command }, signal);
  };

  beforeAll(async () => {
    withCredentials();
    stateDir = mkdtempSync(join(tmpdir(), "burstlet-sessions-"));
    aws = await startLocalstack({
      clock,
      port: 0,
      scenario: { images: { "busybox:bare": { shell: false } } },
      runtime: () => createProcessRuntime({ stateDir, clock, log, ...ownNetwork() }),
    });
    const provider = await open();
    box = await launch(provider, uidOf(1), {});
    bare = await launch(provider, uidOf(2), { image: "busybox:bare" });
  });
  afterAll(async () => {
    over.abort();
    await Promise.all(opened.map(async (one) => one.close?.()));
    await aws?.close();
    await shutdownSupervisor(stateDir, clock);
    rmSync(stateDir, { recursive: true, force: true });
  });

  test.for(answers)("%s: bytes, both outputs and codes are whole", async ([, switches]) => {
    const provider = await fresh(switches);
    const line = "printf '\\357\\277\\275\\357\\277\\275 \\342\\202'; printf '\\303' >&2; exit 3";
    const one = await exec(provider, box, { argv: ["sh", "-c", line] });
    const [out, err, { code }] = await Promise.all([buffer(one.stdout), buffer(one.stderr ?? one.stdout), one.exit]);
    expect([out.toString("hex"), err.toString("hex"), code]).toEqual(["efbfbdefbfbd20e282", "c3", 3]);
    const bytes = Buffer.concat([randomBytes(60_000), Buffer.from("\u{fffd}\u{fffd}"), Buffer.of(4, 22, 10, 0)]);
    const echo = await exec(provider, box, { argv: ["sh", "-c", "tee /dev/stderr"], stdin: true });
    echo.stdin.end(bytes);
    const back = await Promise.all([buffer(echo.stdout), buffer(echo.stderr ?? echo.stdout)]);
    expect(back.map((one) => one.equals(bytes))).toEqual([true, true]);
    expect(await echo.exit).toEqual({ code: 0 });
  });

  test.for(answers)("%s: a terminal is one, and its code is known", async ([, switches]) => {
    const provider = await fresh(switches);
    const size = { columns: 91, rows: 31 };
    const one = await exec(provider, box, {
      argv: ["sh", "-c", "stty size; read -r a; echo got $a; exit 7"],
      tty: true,
      stdin: true,
      size,
    });
    let screen = "";
    one.stdout.on("data", (chunk: Buffer) => (screen += chunk.toString()));
    await eventually("its size is told", () => screen === "31 91\r\n");
    one.stdin.write("word\r");
    expect(await one.exit).toEqual({ code: 7 });
    expect(screen).toBe("31 91\r\nword\r\ngot word\r\n");
  });

  test("a command that does not read holds up its writer, and who does not read holds up the command", async () => {
    const provider = await fresh({});
    const one = await exec(provider, box, { argv: ["sh", "-c", "sleep 3600"], stdin: true });
    let written = 0;
    const block = Buffer.alloc(65_536);
    while (written < 64 && one.stdin.write(block)) written += 1;
    expect(one.stdin.writableNeedDrain).toBe(true);
    one.stdin.destroy();
    one.exit.catch(() => undefined);
  });

  test("without a shell a command runs by itself, with its code, and one with input is refused in words", async () => {
    const provider = await fresh({}, bare);
    const one = await exec(provider, bare, { argv: ["busybox", "echo", "it's me"] });
    one.stderr?.resume();
    expect([await text(one.stdout), await one.exit]).toEqual(["it's me\n", { code: 0 }]);
    await expect(exec(provider, bare, { argv: ["cat"], stdin: true })).rejects.toThrow(
      /exec: "sh": executable file not found/,
    );
    // At once, or by the command's end.
    const lost = exec(provider, bare, { argv: ["nosuch"] }).then(async ({ exit }) => exit);
    await expect(lost).rejects.toThrow('exec: "nosuch": executable file not found in $PATH');
  });

  test("without a shell the end of a command on a terminal is not known, and never 0", async () => {
    const provider = await fresh({}, bare);
    const one = await exec(provider, bare, { argv: ["busybox", "echo", "hi"], tty: true });
    expect(await text(one.stdout)).toBe("hi\r\n");
    await expect(one.exit).rejects.toThrow("without the command's exit code");
  });

  test.for([
    ["away", /^the agent of ECS Exec in container main is RUNNING and has not connected: it needs/],
    ["silent", /^the agent of ECS Exec has connected, but has said nothing for 10 s$/],
  ] as const)("an agent that is %s is told within 15 s", async ([execAgent, words]) => {
    const provider = await fresh({ execAgent });
    const begun = performance.now();
    await expect(exec(provider, box, { argv: ["true"], tty: execAgent === "silent" })).rejects.toThrow(words);
    expect(performance.now() - begun).toBeLessThan(15_000);
  });

  test("a container whose root file system is read-only has no agent, which is told in the words of the table", async () => {
    const provider = await fresh({});
    const tight = await launch(provider, uidOf(4), { securityContext: { readOnlyRootFilesystem: true } });
    await expect(exec(provider, tight, { argv: ["true"] })).rejects.toThrow(
      /is STOPPED, .* it needs .* a root file system that can be written/,
    );
  });

  test("a task of a time without ECS Exec says so, and one that has stopped too", async () => {
    const provider = await fresh({});
    const off = await open({ exec: false });
    expect([off.exec, off.attach, off.forward]).toEqual([undefined, undefined, undefined]);
    expect(off.absent?.exec).toContain("set fargate.exec");
    const plain = await launch(off, uidOf(3), {});
    await provider.list();
    await expect(exec(provider, plain, { argv: ["true"] })).rejects.toThrow("launched without ECS Exec");
    await off.stop(plain.task, { graceSeconds: 0, discard: false });
    await eventually("it stops", () => stateOf(provider, uidOf(3))?.phase.startsWith("stop"));
    await expect(exec(provider, plain, { argv: ["true"] })).rejects.toThrow(/does not run|stopping|stopped/);
  });

  test.for(answers)("%s: a port of the task is reached by way of a session", async ([, switches]) => {
    const provider = await fresh(switches);
    const bytes = randomBytes(200_000);
    const digest = createHash("sha256").update(bytes).digest("hex");
    const line = `head -c ${bytes.length} | sha256sum`;
    const stop = new AbortController();
    const server = await exec(
      provider,
      box,
      { argv: ["nc", "-ll", "-p", "7005", "-e", "sh", "-c", line] },
      stop.signal,
    );
    server.exit.catch(() => undefined);
    server.stdout.resume();
    server.stderr?.resume();
    const socket = await eventually("somebody listens", async () =>
      provider.forward?.(box.task, 7_005, over.signal).catch(() => undefined),
    );
    socket.write(bytes);
    expect(await text(socket)).toBe(`${digest}  -\n`);
    socket.destroy();
    stop.abort();
    await expect(provider.forward?.(box.task, 7_006, over.signal)).rejects.toThrow("nothing listens on port 7006");
  });
});
