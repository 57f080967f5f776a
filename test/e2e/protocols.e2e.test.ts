import { readdirSync, readFileSync } from "node:fs";
import { Agent, request } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { describeWith } from "../support/requirements.ts";
import { client, holdSessions, straightTo } from "./clients.ts";
import { supervisorOf } from "./processes.ts";
import { isReady, nodeName, podManifest, startWorld, type World } from "./worlds/world.ts";

const megabyte = 2 ** 20;
/** How much 200 resting sessions may cost, all processes of the node together. */
const sessionsBudget = 100 * megabyte;

/**
 * Every protocol that client-go can be made to speak. `tells`: how the command ended, by its code or in words; `ends`:
 * input can end. The first version can do neither (kubernetes issues 13394 and 13395).
 */
const protocols = [
  { transport: "spdy", protocol: "v4.channel.k8s.io", tells: "code", ends: true },
  { transport: "spdy", protocol: "v3.channel.k8s.io", tells: "words", ends: true },
  { transport: "spdy", protocol: "v2.channel.k8s.io", tells: "words", ends: true },
  { transport: "spdy", protocol: "channel.k8s.io", tells: "nothing", ends: false },
  { transport: "websocket", protocol: "v5.channel.k8s.io", tells: "code", ends: true },
  { transport: "websocket", protocol: "v4.channel.k8s.io", tells: "code", ends: false },
] as const;

describeWith(
  ["go", "namespaces", "root", "busybox"],
  "the kubelet port's streams, asked without the API server",
  () => {
    let world: World;
    let straight: readonly string[];
    beforeAll(async () => {
      world = await startWorld();
      await world.cluster.apply(podManifest("box"));
      await world.until("box", "is ready", isReady);
      straight = await straightTo(world, nodeName);
    });
    afterAll(() => world?.stop());

    describe.for(protocols)("$transport, $protocol", ({ transport, protocol, tells, ends }) => {
      const how = ["--pod", "box", "--transport", transport, "--protocol", protocol];
      const exec = async (flags: readonly string[], ...command: string[]) =>
        client(world, "exec", [...straight, ...how, ...flags, "--", ...command]);

      it("brings both outputs and how the command ended", async () => {
        const [out, problem] = [3 * megabyte, 2 * megabyte];
        const script = `yes | head -c ${out}; yes | head -c ${problem} >&2; exit 3`;
        const ended = await exec([], "sh", "-c", script);
        expect([ended.stdout.bytes, ended.stderr.bytes]).toEqual([out, problem]);
        if (tells === "code") expect(ended.exitCode).toBe(3);
        if (tells === "words") expect(ended.error).toContain("exit code: 3");
        expect((await exec([], "true")).exitCode).toBe(0);
      });

      if (ends) {
        it("brings input and its end", async () => {
          const ended = await exec(["--stdin-bytes", String(5 * megabyte)], "cat");
          expect(ended.stdin.bytes).toBe(5 * megabyte);
          expect(ended.stdout.sha256).toBe(ended.stdin.sha256);
          expect(ended.exitCode).toBe(0);
        });
      }

      if (!/^(v2\.)?channel/.test(protocol)) {
        it("brings the last of a burst of terminal sizes", async () => {
          const script = "while [ \"$(stty size)\" != '50 200' ]; do sleep 0.1; done; echo seen";
          const ended = await exec(["--tty", "--resizes", "200"], "sh", "-c", script);
          expect([ended.stdout.text, ended.exitCode]).toEqual(["seen\r\n", 0]);
        });
      }
    });

    it("answers what is not there, and what is not asked as it must be, with a Status", async () => {
      const cases = [
        ["/exec/default/nobody/main?command=id&output=1", 404],
        ["/exec/default/box/nobody?command=id&output=1", 404],
        ["/exec/default/box/00000000-0000-0000-0000-000000000000/main?command=id&output=1", 404],
        ["/attach/default/nobody/main?output=1", 404],
        ["/portForward/default/nobody", 404],
        ["/exec/default/box/main?command=id", 400],
        ["/exec/default/box/main?output=1", 400],
        ["/attach/default/box/main", 400],
        ["/exec/default/box/main?command=id&output=1", 400],
      ] as const;
      for (const [path, code] of cases) {
        const { status, body } = await ask(path);
        expect({ path, status }).toEqual({ path, status: code });
        expect(JSON.parse(body)).toMatchObject({ kind: "Status", apiVersion: "v1", status: "Failure", code });
      }
    });

    it("runs a command by /run and answers with its output", async () => {
      expect(await ask("/run/default/box/main?cmd=echo+one+two", "POST")).toEqual({ status: 200, body: "one two\n" });
    });

    it(`holds 200 resting sessions for less than ${sessionsBudget / megabyte} MB`, async () => {
      const supervisor = await supervisorOf(world.stateDir);
      const cost = () => familyMemory([world.burstlet.pid, supervisor]);
      const before = cost();
      const sessions = ["--pod", "box", "--sessions", "200", "--", "sh", "-c", "echo begins; read line"];
      const held = await holdSessions(world, sessions);
      const growth = cost() - before;
      console.log(`200 resting exec sessions: ${Math.round(growth / megabyte)} MB`);
      expect(await held.release()).toBe(0);
      expect(growth).toBeLessThan(sessionsBudget);
    });

    /** As the administrator, straight at the kubelet port. */
    async function ask(path: string, method: "GET" | "POST" = "GET"): Promise<{ status: number; body: string }> {
      const { users } = parse(readFileSync(world.cluster.kubeconfig, "utf8")) as {
        users: { user: Record<string, string> }[];
      };
      const pem = (name: string) => Buffer.from(users[0]?.user[name] ?? "", "base64").toString();
      const identity = { cert: pem("client-certificate-data"), key: pem("client-key-data") };
      const dispatcher = new Agent({ connect: { rejectUnauthorized: false, ...identity } });
      try {
        const answer = await request(`${straight[1]}${path}`, { dispatcher, method });
        return { status: answer.statusCode, body: await answer.body.text() };
      } finally {
        await dispatcher.close();
      }
    }
  },
);

/** Bytes of these processes and of all that came of them, what they share counted once (PSS). */
function familyMemory(roots: readonly number[]): number {
  const ids = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  const parents = new Map(ids.flatMap((id) => [[id, parentOf(id)] as const]));
  const isTheirs = (id: number): boolean =>
    roots.includes(id) || ((parents.get(id) ?? 0) !== 0 && isTheirs(parents.get(id) ?? 0));
  return ids.filter(isTheirs).reduce((sum, id) => sum + proportionalSize(id), 0);
}

function parentOf(id: number): number {
  return Number(/^PPid:\s+(\d+)$/m.exec(read(`/proc/${id}/status`))?.[1] ?? 0);
}

function proportionalSize(id: number): number {
  return Number(/^Pss:\s+(\d+) kB$/m.exec(read(`/proc/${id}/smaps_rollup`))?.[1] ?? 0) * 1024;
}

/** Empty for a process that has ended meanwhile. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
