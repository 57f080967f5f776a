/** kubectl exec, cp and port-forward on Fargate: sessions into tasks of the stand-in that are processes of this host. */
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { describeWith } from "../support/requirements.ts";
import { type FargateWorld, startFargateWorld } from "./fargate-world.ts";
import { finish, type Kubectl, onTerminal, sha256, start } from "./kubectl.ts";
import { containerCommands } from "./processes.ts";
import { isReady, podManifest } from "./world.ts";

const image = "public.ecr.aws/docker/library/busybox:1.37";
const bare = "public.ecr.aws/docker/library/busybox:bare";
const megabyte = 2 ** 20;
/** Echoes on a port of the pod's own loopback what one connection sends. */
const serving = ["sh", "-c", "nc -ll -p 7001 -e cat & sleep 3600"];
const ways = [
  ["a WebSocket", {}],
  ["SPDY", { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: "false", KUBECTL_PORT_FORWARD_WEBSOCKETS: "false" }],
] as const;

describeWith(["go", "namespaces", "root", "busybox"], "streams on Fargate", () => {
  let cloud: FargateWorld;
  const kubectlOf = (env: Readonly<Record<string, string>> = {}): Kubectl => {
    const { binary, kubeconfig } = cloud.world.cluster;
    return { command: [binary, "kubectl"], kubeconfig, env };
  };
  const exec = async (kubectl: Kubectl, ...words: string[]) => finish(kubectl, ["exec", "box", "--", ...words]);
  beforeAll(async () => {
    cloud = await startFargateWorld({
      runtime: "process",
      fargate: { exec: true },
      scenario: { quotas: { "L-3032A538": 100 }, images: { [bare]: { shell: false } } },
    });
    const { world } = cloud;
    await world.cluster.apply([
      podManifest("box", { image, command: serving }),
      podManifest("bare", { image: bare, command: ["sleep", "3600"] }),
    ]);
    for (const name of ["box", "bare"]) await world.until(name, "is ready", isReady);
  });
  afterAll(() => cloud?.stop());

  describe.for(ways)("over %s", ([title, env]) => {
    it.concurrent.for([0, 3, 255])(
      "keeps both outputs apart, and ends with the command's own code %d",
      async (code) => {
        const ended = await exec(kubectlOf(env), "sh", "-c", `echo out; echo trouble >&2; exit ${code}`);
        expect({ code: ended.code, stdout: ended.stdout.toString() }).toEqual({ code, stdout: "out\n" });
        expect(ended.stderr).toBe(code === 0 ? "trouble\n" : `trouble\ncommand terminated with exit code ${code}\n`);
      },
    );

    it.concurrent("brings 2 MB of output byte for byte, on either output", async () => {
      const file = `/tmp/two-${title.length}`;
      const made = await exec(
        kubectlOf(env),
        "sh",
        "-c",
        `head -c ${2 * megabyte} /dev/urandom > ${file}; sha256sum < ${file}`,
      );
      const [expected] = made.stdout.toString().split(" ");
      const ended = await exec(kubectlOf(env), "cat", file);
      expect([ended.stdout.length, sha256(ended.stdout), ended.code]).toEqual([2 * megabyte, expected, 0]);
      const other = await exec(kubectlOf(env), "sh", "-c", `base64 ${file} >&2`);
      expect(sha256(Buffer.from(other.stderr, "base64"))).toBe(expected);
    });

    it.concurrent("-i takes 2 MB of input byte for byte, and its end", async () => {
      const input = randomBytes(2 * megabyte);
      const ended = await finish(kubectlOf(env), ["exec", "-i", "box", "--", "sha256sum"], input);
      expect([ended.stdout.toString(), ended.stderr, ended.code]).toEqual([`${sha256(input)}  -\n`, "", 0]);
    });

    it.concurrent("-i reads what a command says while its input is still open", async () => {
      const session = start(kubectlOf(env), ["exec", "-i", "box", "--", "sh"]);
      for (const word of ["one", "two"]) {
        session.stdin.write(`echo ${word}\n`);
        await eventually(`the shell answers ${word}`, () => session.stdout().endsWith(`${word}\n`), 20_000);
      }
      session.stdin.end("exit 5\n");
      expect((await session.ended).code).toBe(5);
    });

    it.concurrent("-it is on a terminal of the right size, hands Ctrl-C to the command, and ends with its code", async () => {
      const terminal = onTerminal(kubectlOf(env), ["exec", "-it", "box", "--", "sh"]);
      await terminal.shows(/# /);
      terminal.type("stty size\r");
      await terminal.shows(/\r\n30 90\r\n/);
      terminal.resize(101, 33);
      const asking = setInterval(() => terminal.type("stty size\r"), 500);
      await terminal.shows(/\r\n33 101\r\n/).finally(() => clearInterval(asking));
      terminal.type("sh -c \"trap 'echo caught; exit 9' INT; echo now; while :; do sleep 0.1; done\"\r");
      await terminal.shows(/now\r\n/);
      terminal.type("\x03");
      await terminal.shows(/caught\r\n/);
      terminal.type("exit 7\r");
      expect(await terminal.ended).toBe(7);
    });

    it.concurrent.for([[], ["-i"]])("ends the command when the client is killed: exec %j", async (flags) => {
      const { stateDir } = cloud;
      const mark = `gone-${title.length}-${flags.length}`;
      const running = async () => (await containerCommands(stateDir)).filter(({ line }) => line.includes(mark));
      const session = start(kubectlOf(env), [
        "exec",
        ...flags,
        "box",
        "--",
        "sh",
        "-c",
        `: ${mark}; echo begins; sleep 3600; :`,
      ]);
      await eventually("the command runs", () => session.stdout().startsWith("begins\n"), 20_000);
      expect(await running()).not.toEqual([]);
      session.kill();
      await session.ended;
      await eventually("the command is gone", async () => (await running()).length === 0, 20_000);
    });

    it.concurrent("cp brings files to a pod and back as they are", async () => {
      const { folder } = cloud.world.cluster;
      const [there, back] = ["there", "back"].map((name) => join(folder, `${name}-${title.length}`)) as [
        string,
        string,
      ];
      const bytes = Buffer.concat([
        randomBytes(megabyte),
        Buffer.from("\u{fffd}\u{fffd}"),
        Buffer.of(4, 22, 13, 10, 0),
      ]);
      writeFileSync(there, bytes);
      const inPod = `/tmp/copied-${title.length}`;
      for (const words of [
        [there, `box:${inPod}`],
        [`box:${inPod}`, back],
      ]) {
        const copied = await finish(kubectlOf(env), ["cp", ...words]);
        expect([copied.code, copied.stderr]).toEqual([0, ""]);
      }
      expect(sha256(readFileSync(back))).toBe(sha256(bytes));
    });

    it.concurrent("port-forward carries connections by sessions, and says which port is closed", async () => {
      const forward = start(kubectlOf(env), ["port-forward", "box", ":7001"]);
      const port = await eventually(
        "kubectl listens",
        () => /127\.0\.0\.1:(\d+) -> 7001/.exec(forward.stdout())?.[1],
        20_000,
      );
      const bytes = randomBytes(megabyte);
      const echoes = Array.from({ length: 3 }, async () => {
        const socket = connect({ port: Number(port), host: "127.0.0.1" });
        let got = 0;
        const whole = Promise.withResolvers<void>();
        const chunks: Buffer[] = [];
        socket.on("data", (chunk: Buffer) => {
          chunks.push(chunk);
          got += chunk.length;
          if (got === bytes.length) whole.resolve();
        });
        socket.write(bytes);
        await whole.promise;
        socket.destroy();
        return sha256(Buffer.concat(chunks));
      });
      expect(new Set(await Promise.all(echoes))).toEqual(new Set([sha256(bytes)]));
      forward.kill();
      const closed = start(kubectlOf(env), ["port-forward", "box", ":7009"]);
      const other = await eventually(
        "kubectl listens",
        () => /127\.0\.0\.1:(\d+) -> 7009/.exec(closed.stdout())?.[1],
        20_000,
      );
      // A refusal that comes late only ends its connection: the next one tells.
      await eventually(
        "kubectl says so",
        () => {
          const socket = connect({ port: Number(other), host: "127.0.0.1" });
          socket.on("error", () => undefined);
          setTimeout(() => socket.destroy(), 3_000);
          return closed.stderr().includes("nothing listens on port 7009");
        },
        20_000,
      );
      closed.kill();
    });
  });

  it("says the exact reason: no such program, no shell, no attach, an agent that is away, a pod that has ended", async () => {
    const kubectl = kubectlOf();
    const said = async (...words: string[]) => (await finish(kubectl, words)).stderr;
    expect(await said("exec", "box", "--", "nosuch")).toMatch(/nosuch.*not found[^]*exit code 127/);
    expect(await said("exec", "bare", "--", "nosuch")).toContain('exec: "nosuch": executable file not found in $PATH');
    const input = await finish(kubectl, ["exec", "-i", "bare", "--", "cat"], "x");
    expect(input.stderr).toContain("container main has no shell");
    expect(await said("attach", "box")).toContain("ECS has no way to a container's own streams");
    cloud.aws.scenario.change({ switches: { execAgent: "away" } });
    const begun = performance.now();
    expect(await said("exec", "box", "--", "true")).toContain(
      "the agent of ECS Exec in container main is RUNNING and has not connected",
    );
    expect(performance.now() - begun).toBeLessThan(15_000);
    cloud.aws.scenario.change({ switches: { execAgent: "connected" } });
    expect((await exec(kubectl, "echo", "again")).stdout.toString()).toBe("again\n");
  });
});
