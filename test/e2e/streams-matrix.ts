/** kubectl exec, cp and port-forward over both of its protocols, for clouds that have only a terminal or a session for them. */
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import type { CloudWorld } from "./worlds/cloud-world.ts";
import { finish, type Kubectl, onTerminal, sha256, start } from "./kubectl.ts";
import { containerCommands } from "./processes.ts";

const megabyte = 2 ** 20;

/** The command of the pod that is asked: it echoes on port 7001 what one connection sends; nothing listens on 7009. */
export const serving = ["sh", "-c", "nc -ll -p 7001 -e cat & sleep 3600"];

const ways = [
  ["a WebSocket", {}],
  ["SPDY", { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: "false", KUBECTL_PORT_FORWARD_WEBSOCKETS: "false" }],
] as const;

export type StreamsWorld = Pick<CloudWorld, "world" | "stateDir">;

export function kubectlOf({ world }: StreamsWorld, env: Readonly<Record<string, string>> = {}): Kubectl {
  const { binary, kubeconfig } = world.cluster;
  return { command: [binary, "kubectl"], kubeconfig, env };
}

/** Tests of a pod `box` that runs `serving`. `closed`: what kubectl says of a port on which nothing listens. */
export function streamTests(given: () => StreamsWorld, { closed: closedPort }: { readonly closed: string }): void {
  const exec = async (kubectl: Kubectl, ...words: string[]) => finish(kubectl, ["exec", "box", "--", ...words]);

  describe.for(ways)("over %s", ([title, env]) => {
    it.concurrent.for([0, 3, 255])(
      "keeps both outputs apart, and ends with the command's own code %d",
      async (code) => {
        const ended = await exec(kubectlOf(given(), env), "sh", "-c", `echo out; echo trouble >&2; exit ${code}`);
        expect({ code: ended.code, stdout: ended.stdout.toString() }).toEqual({ code, stdout: "out\n" });
        expect(ended.stderr).toBe(code === 0 ? "trouble\n" : `trouble\ncommand terminated with exit code ${code}\n`);
      },
    );

    it.concurrent("brings 2 MB of output byte for byte, on either output", async () => {
      const file = `/tmp/two-${title.length}`;
      const made = await exec(
        kubectlOf(given(), env),
        "sh",
        "-c",
        `head -c ${2 * megabyte} /dev/urandom > ${file}; sha256sum < ${file}`,
      );
      const [expected] = made.stdout.toString().split(" ");
      const ended = await exec(kubectlOf(given(), env), "cat", file);
      expect([ended.stdout.length, sha256(ended.stdout), ended.code]).toEqual([2 * megabyte, expected, 0]);
      const other = await exec(kubectlOf(given(), env), "sh", "-c", `base64 ${file} >&2`);
      expect(sha256(Buffer.from(other.stderr, "base64"))).toBe(expected);
    });

    it.concurrent("-i takes 2 MB of input byte for byte, and its end", async () => {
      const input = randomBytes(2 * megabyte);
      const ended = await finish(kubectlOf(given(), env), ["exec", "-i", "box", "--", "sha256sum"], input);
      expect([ended.stdout.toString(), ended.stderr, ended.code]).toEqual([`${sha256(input)}  -\n`, "", 0]);
    });

    it.concurrent("-i reads what a command says while its input is still open", async () => {
      const session = start(kubectlOf(given(), env), ["exec", "-i", "box", "--", "sh"]);
      for (const word of ["one", "two"]) {
        session.stdin.write(`echo ${word}\n`);
        await eventually(`the shell answers ${word}`, () => session.stdout().endsWith(`${word}\n`));
      }
      session.stdin.end("exit 5\n");
      expect((await session.ended).code).toBe(5);
    });

    it.concurrent("-it is on a terminal of the right size, hands Ctrl-C to the command, and ends with its code", async () => {
      const terminal = onTerminal(kubectlOf(given(), env), ["exec", "-it", "box", "--", "sh"]);
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
      const { stateDir } = given();
      const mark = `gone-${title.length}-${flags.length}`;
      const running = async () => (await containerCommands(stateDir)).filter(({ line }) => line.includes(mark));
      const session = start(kubectlOf(given(), env), [
        "exec",
        ...flags,
        "box",
        "--",
        "sh",
        "-c",
        `: ${mark}; echo begins; sleep 3600; :`,
      ]);
      await eventually("the command runs", () => session.stdout().startsWith("begins\n"));
      expect(await running()).not.toEqual([]);
      session.kill();
      await session.ended;
      await eventually("the command is gone", async () => (await running()).length === 0);
    });

    it.concurrent("cp brings files to a pod and back as they are", async () => {
      const { folder } = given().world.cluster;
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
        const copied = await finish(kubectlOf(given(), env), ["cp", ...words]);
        expect([copied.code, copied.stderr]).toEqual([0, ""]);
      }
      expect(sha256(readFileSync(back))).toBe(sha256(bytes));
    });

    it.concurrent("port-forward carries connections, and says which port is closed", async () => {
      const forward = start(kubectlOf(given(), env), ["port-forward", "box", ":7001"]);
      const port = await eventually("kubectl listens", () => /127\.0\.0\.1:(\d+) -> 7001/.exec(forward.stdout())?.[1]);
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
      const closed = start(kubectlOf(given(), env), ["port-forward", "box", ":7009"]);
      const other = await eventually("kubectl listens", () => /127\.0\.0\.1:(\d+) -> 7009/.exec(closed.stdout())?.[1]);
      // A refusal that comes late only ends its connection: the next one tells.
      await eventually("kubectl says so", () => {
        const socket = connect({ port: Number(other), host: "127.0.0.1" });
        socket.on("error", () => undefined);
        setTimeout(() => socket.destroy(), 3_000);
        return closed.stderr().includes(closedPort);
      });
      closed.kill();
    });
  });
}
