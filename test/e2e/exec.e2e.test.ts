import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { memory } from "../bench/process.ts";
import { eventually, soon } from "../support/eventually.ts";
import { describeWith } from "../support/requirements.ts";
import { finish, type Kubectl, onTerminal, sha256, start } from "./kubectl.ts";
import { bytesWritten, containerCommands } from "./processes.ts";
import { arrivalOf, kubectlOn, podOn, startWays, type Way, ways } from "./ways.ts";
import { hasPhase, isReady, type World } from "./worlds/world.ts";

const megabyte = 2 ** 20;
const tenMegabytes = 10 * megabyte;
/** By how much burstlet may grow for a client that does not read: its buffers, and what else happens meanwhile. */
const unreadBudget = 48 * megabyte;

/** An API server that translates says the first words once more. */
const notThere =
  /^error: (Internal error occurred: ){1,2}error executing command in container: exec: "nosuch": executable file not found in \$PATH\n$/;

describeWith(["go", "namespaces", "root", "busybox"], "kubectl exec", () => {
  let world: World;
  const box = (way: Way) => `box-${way.node}`;
  beforeAll(async () => {
    world = await startWays();
    const nodes = new Set(ways.map(({ node }) => node));
    await world.cluster.apply([...nodes].map((node) => podOn(node, `box-${node}`)));
    for (const node of nodes) await world.until(`box-${node}`, "is ready", isReady);
  });
  afterAll(() => world?.stop());

  /** Commands in containers whose words have this in them. */
  const running = async (mark: string) =>
    (await containerCommands(world.stateDir)).filter(({ line }) => line.includes(mark));

  describe.for(ways)("over $title", (way) => {
    const kubectl = (): Kubectl => kubectlOn(world, way);
    const exec = async (...words: string[]) => finish(kubectl(), ["exec", box(way), "--", ...words]);

    it.concurrent.for([0, 3, 255])(
      "keeps both outputs apart, and ends with the command's own code %d",
      async (code) => {
        const ended = await exec("sh", "-c", `echo out; echo trouble >&2; exit ${code}`);
        expect({ code: ended.code, stdout: ended.stdout.toString() }).toEqual({ code, stdout: "out\n" });
        expect(ended.stderr).toBe(code === 0 ? "trouble\n" : `trouble\ncommand terminated with exit code ${code}\n`);
      },
    );

    it.concurrent("says of a command that is not there what a node with containerd says", async () => {
      const ended = await exec("nosuch");
      expect(ended.stderr).toMatch(notThere);
      expect([ended.code, ended.stdout.toString()]).toEqual([1, ""]);
    });

    it.concurrent(`comes to the node by ${way.arrives}`, async () => {
      await exec("true");
      await soon(() => expect(arrivalOf(world, "stream of a container", box(way))).toBe(way.arrives));
    });

    it.concurrent("brings 10 MB of output byte for byte, on either output", async () => {
      const make = `[ -e /tmp/ten ] || head -c ${tenMegabytes} /dev/urandom > /tmp/ten; sha256sum < /tmp/ten`;
      const [expected] = (await exec("sh", "-c", make)).stdout.toString().split(" ");
      const ended = await exec("cat", "/tmp/ten");
      expect([ended.stdout.length, sha256(ended.stdout), ended.code]).toEqual([tenMegabytes, expected, 0]);
      const other = await exec("sh", "-c", "base64 /tmp/ten >&2");
      expect(Buffer.from(other.stderr, "base64").length).toBe(tenMegabytes);
      expect(sha256(Buffer.from(other.stderr, "base64"))).toBe(expected);
    });

    it.concurrent("-i takes 10 MB of input byte for byte, and its end", async () => {
      const input = randomBytes(tenMegabytes);
      const ended = await finish(kubectl(), ["exec", "-i", box(way), "--", "sha256sum"], input);
      expect(ended.stdout.toString()).toBe(`${sha256(input)}  -\n`);
      expect(ended.code).toBe(0);
    });

    it.concurrent("-i reads what a command says while its input is still open", async () => {
      const session = start(kubectl(), ["exec", "-i", box(way), "--", "sh"]);
      for (const word of ["one", "two"]) {
        session.stdin.write(`echo ${word}\n`);
        await eventually(`the shell answers ${word}`, () => session.stdout().endsWith(`${word}\n`));
      }
      session.stdin.end("exit 5\n");
      expect((await session.ended).code).toBe(5);
    });

    it.concurrent("-it is on a terminal of the right size, follows a burst of sizes, and ends with the command's code", async () => {
      const terminal = onTerminal(kubectl(), ["exec", "-it", box(way), "--", "sh"]);
      await terminal.shows(/# /);
      terminal.type("[ -t 0 ] && [ -t 1 ] && [ -t 2 ] && stty size\r");
      await terminal.shows(/\r\n30 90\r\n/);
      for (let step = 1; step <= 50; step++) terminal.resize(100 + step, 20 + step);
      const last = eventually("the last size has arrived", () => /\b70 150\r\n/.test(terminal.screen()));
      // It may arrive after the first question, and kubectl drops a size that comes while it hands on another one.
      const asking = setInterval(() => {
        terminal.resize(149, 70);
        terminal.resize(150, 70);
        terminal.type("stty size\r");
      }, 200);
      await last.finally(() => clearInterval(asking));
      terminal.type("exit 7\r");
      expect(await terminal.ended).toBe(7);
    });

    it.concurrent("-it hands Ctrl-C to the command", async () => {
      const terminal = onTerminal(kubectl(), [
        "exec",
        "-it",
        box(way),
        "--",
        "sh",
        "-c",
        "trap 'echo caught; exit 9' INT; echo now; while :; do sleep 0.1; done",
      ]);
      await terminal.shows(/now\r\n/);
      terminal.type("\x03");
      await terminal.shows(/caught\r\n/);
      expect(await terminal.ended).toBe(9);
    });

    it.concurrent.for(["yes", "sleep 3600"])(
      "ends the command when the client is killed in the middle of: %s",
      async (command) => {
        const mark = `gone-${way.node}-${Object.keys(way.env).length}-${command.length}`;
        const session = start(kubectl(), [
          "exec",
          "-i",
          box(way),
          "--",
          "sh",
          "-c",
          `: ${mark}; echo begins; ${command}; :`,
        ]);
        await eventually("the command runs", () => session.stdout().startsWith("begins\n"));
        expect(await running(mark)).not.toEqual([]);
        session.kill();
        await session.ended;
        await eventually("the command is gone", async () => (await running(mark)).length === 0);
      },
    );

    it.concurrent("says what could not be run", async () => {
      const ended = await exec("/no/such/program");
      expect(ended.code).not.toBe(0);
      expect(ended.stderr).toContain("/no/such/program");
    });

    it("holds up a command whose client does not read, without keeping what it says", async () => {
      const mark = `unread-${ways.indexOf(way)}`;
      const { command, kubeconfig, env } = kubectl();
      const [program = "", ...words] = command;
      const before = memory(world.burstlet.pid).now;
      const client = spawn(program, [...words, "--kubeconfig", kubeconfig, "exec", box(way), "--", "yes", mark], {
        stdio: ["ignore", "pipe", "inherit"],
        env: { ...process.env, ...env },
      });
      const written = async () => {
        const counts = await Promise.all((await running(mark)).map(async ({ id }) => bytesWritten(id)));
        return counts.reduce((sum, count) => sum + count, 0);
      };
      const looks: number[] = [];
      await eventually("the command stands still", async () => {
        looks.unshift(await written());
        return (looks[0] ?? 0) > megabyte && looks.length > 5 && looks.slice(0, 5).every((one) => one === looks[0]);
      });
      expect(memory(world.burstlet.pid).now - before).toBeLessThan(unreadBudget);
      client.kill("SIGKILL");
      await eventually("the command is gone", async () => (await running(mark)).length === 0);
    });
  });

  it("refuses pods and containers that are not there, or have ended", async () => {
    const [way] = ways as readonly [Way];
    const kubectl = kubectlOn(world, way);
    const refusal = async (...words: string[]) => {
      const { code, stderr } = await finish(kubectl, ["exec", ...words, "--", "true"]);
      expect(code).toBe(1);
      return stderr;
    };
    expect(await refusal("nobody")).toContain('pods "nobody" not found');
    expect(await refusal(box(way), "-c", "nobody")).toContain("container nobody is not valid for pod");
    await world.cluster.apply(podOn(way.node, "ended", { restartPolicy: "Never", command: ["true"] }));
    await world.until("ended", "has succeeded", hasPhase("Succeeded"));
    expect(await refusal("ended")).toContain("cannot exec into a container in a completed pod");
  });

  it("gets two pods' commands to the pods that were meant", async () => {
    const names = await Promise.all(
      ways.map(async (way) =>
        (await finish(kubectlOn(world, way), ["exec", box(way), "--", "hostname"])).stdout.toString(),
      ),
    );
    expect(names).toEqual(ways.map((way) => `${box(way)}\n`));
  });
});
