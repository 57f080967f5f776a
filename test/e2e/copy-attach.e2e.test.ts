import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { describeWith } from "../support/requirements.ts";
import { type Finished, finish, type Kubectl, onTerminal, start } from "./kubectl.ts";
import { kubectlOn, podOn, startWays, type Way, ways } from "./ways.ts";
import { exitCode, hasPhase, isReady, onVirtualNode, type World } from "./worlds/world.ts";

const megabytes = 100;
const size = megabytes * 2 ** 20;

describeWith(["go", "namespaces", "root", "busybox"], "streams of a pod", () => {
  let world: World;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "burstlet-copies-"));
    world = await startWays();
    const nodes = new Set(ways.map(({ node }) => node));
    await world.cluster.apply([...nodes].map((node) => podOn(node, `box-${node}`)));
    for (const node of nodes) await world.until(`box-${node}`, "is ready", isReady);
  });
  afterAll(async () => {
    await world?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** Of pods that one way has to itself. */
  const named = (what: string, way: Way) => `${what}-${ways.indexOf(way)}`;

  describe.for(ways)("over $title", (way) => {
    const kubectl = (): Kubectl => kubectlOn(world, way);
    const run = async (...words: string[]): Promise<Finished> => finish(kubectl(), words);

    it.concurrent(`cp carries ${megabytes} MB out and in again unchanged`, async () => {
      const box = `box-${way.node}`;
      const [out, there] = [join(folder, named("copy", way)), `/tmp/${named("back", way)}`];
      const made = await run(
        "exec",
        box,
        "--",
        "sh",
        "-c",
        `head -c ${size} /dev/urandom > /tmp/big; sha256sum < /tmp/big`,
      );
      const [expected] = made.stdout.toString().split(" ");
      expect((await run("cp", `${box}:/tmp/big`, out)).code).toBe(0);
      expect([(await stat(out)).size, await digest(out)]).toEqual([size, expected]);
      expect((await run("cp", out, `${box}:${there}`)).code).toBe(0);
      expect((await run("exec", box, "--", "sha256sum", there)).stdout.toString().split(" ")[0]).toBe(expected);
      await run("exec", box, "--", "rm", there);
    });

    it.concurrent("attach joins a container's own streams, and leaves it running", async () => {
      const name = named("listens", way);
      await world.cluster.apply(podOn(way.node, name, { command: ["cat"], container: { stdin: true } }));
      const { metadata } = await world.until(name, "is ready", isReady);
      for (const word of ["first", "second"]) {
        const session = start(kubectl(), ["attach", "-i", name, "-q"]);
        // What is said before the session is joined is not repeated to it.
        const saying = setInterval(() => session.stdin.write(`${word}\n`), 200);
        await eventually(`the container answers ${word}`, () => session.stdout().includes(word)).finally(() =>
          clearInterval(saying),
        );
        session.kill();
        await session.ended;
      }
      const after = await world.pod(name);
      expect([after.metadata?.uid, after.status?.containerStatuses?.[0]?.restartCount]).toEqual([metadata?.uid, 0]);
      expect(after.status?.containerStatuses?.[0]?.state?.running).toBeDefined();
    });

    it.concurrent("attach ends with its container", async () => {
      const name = named("ends", way);
      const command = ["sh", "-c", "while [ ! -e /tmp/over ]; do echo works; sleep 0.2; done; exit 3"];
      await world.cluster.apply(podOn(way.node, name, { command, restartPolicy: "Never" }));
      await world.until(name, "runs", hasPhase("Running"));
      const session = start(kubectl(), ["attach", name]);
      await eventually("its output comes", () => session.stdout().includes("works\n"));
      await run("exec", name, "--", "touch", "/tmp/over");
      await session.ended;
      expect(exitCode(await world.until(name, "has failed", hasPhase("Failed")))).toBe(3);
    });

    const runWords = (name: string) => {
      const spec = { ...onVirtualNode, nodeSelector: { "kubernetes.io/hostname": way.node } };
      const overrides = JSON.stringify({ apiVersion: "v1", spec });
      return ["run", name, "--rm", "--restart=Never", "--image=busybox", `--overrides=${overrides}`];
    };

    it.concurrent("run -i --rm gives a pod its input, brings its output and code, and leaves nothing", async () => {
      const name = named("once", way);
      const words = [...runWords(name), "-i", "--", "sh", "-c", "read line; echo got $line; exit 4"];
      const ended = await finish(kubectl(), words, "something\n");
      expect(ended.stdout.toString()).toContain("got something\n");
      expect(ended.code).toBe(4);
      await expect(world.pod(name)).rejects.toThrow("not found");
    });

    it.concurrent("run -it is a shell in a pod of its own", async () => {
      const terminal = onTerminal(kubectl(), [...runWords(named("shell", way)), "-it", "--", "sh"]);
      await terminal.shows(/# /);
      terminal.type("stty size; echo $((6 * 7))\r");
      await terminal.shows(/30 90\r\n42\r\n/);
      terminal.type("exit 6\r");
      await terminal.shows(/deleted/);
      expect(await terminal.ended).toBe(6);
    });
  });
});

async function digest(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}
