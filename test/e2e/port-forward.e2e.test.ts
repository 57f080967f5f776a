import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { buffer, text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually, soon } from "../support/eventually.ts";
import { describeWith } from "../support/requirements.ts";
import { client, straightTo } from "./clients.ts";
import { type Running, start } from "./kubectl.ts";
import { arrivalOf, kubectlOn, podOn, startWays, ways } from "./ways.ts";
import { isReady, type World } from "./worlds/world.ts";

const megabyte = 2 ** 20;
const digestPort = "7001";
const sourcePort = "7002";
const countPort = "7003";
/** Nobody listens there. */
const closedPort = "7009";

/** On the pod's own loopback, where nobody else can reach it. */
const server = `
const { createServer } = require("node:net");
const { createHash } = require("node:crypto");
let open = 0;
const listen = (port, serve) =>
  createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => undefined);
    serve(socket);
  }).listen(port, "127.0.0.1");
// Answers when the client has closed its half: with the digest of what it sent.
listen(${digestPort}, (socket) => {
  const hash = createHash("sha256");
  open += 1;
  socket.on("close", () => (open -= 1));
  socket.on("data", (chunk) => hash.update(chunk));
  socket.on("end", () => socket.end(hash.digest("hex")));
});
// Says its megabyte to everybody and closes.
listen(${sourcePort}, (socket) => socket.resume().end(Buffer.alloc(${megabyte}, "burst")));
// Tells how many connections the first one has.
listen(${countPort}, (socket) => socket.resume().end(String(open)));
`;
const said = sha256(Buffer.alloc(megabyte, "burst"));

describeWith(["go", "namespaces", "root", "busybox"], "port-forward", () => {
  let world: World;
  beforeAll(async () => {
    world = await startWays();
    const nodes = new Set(ways.map(({ node }) => node));
    const fixture = { image: "burstlet.dev/http-echo", command: ["/opt/burstlet/node", "-e", server] };
    await world.cluster.apply([...nodes].map((node) => podOn(node, `server-${node}`, fixture)));
    for (const node of nodes) await world.until(`server-${node}`, "is ready", isReady);
  });
  afterAll(() => world?.stop());

  describe.for(ways)("by kubectl over $title", (way) => {
    /** Forwards ports until it is killed. */
    async function forward(...ports: string[]): Promise<{ kubectl: Running; to(port: string): Socket }> {
      const words = ["port-forward", `server-${way.node}`, ...ports.map((port) => `:${port}`)];
      const kubectl = start(kubectlOn(world, way), words);
      const local = (port: string) => new RegExp(`127\\.0\\.0\\.1:(\\d+) -> ${port}`).exec(kubectl.stdout())?.[1];
      await eventually("kubectl listens", () => ports.every((port) => local(port) !== undefined)).catch(
        (error: unknown) => {
          throw new Error(`kubectl port-forward: ${kubectl.stderr()}`, { cause: error });
        },
      );
      const to = (port: string) => connect({ port: Number(local(port)), host: "127.0.0.1", allowHalfOpen: true });
      return { kubectl, to };
    }
    /** The pod's answer to a whole request. */
    const ask = async (socket: Socket, request: Buffer | string = ""): Promise<string> => text(socket.end(request));

    it("carries both directions whole, each with its own end", async () => {
      const { kubectl, to } = await forward(digestPort);
      const request = Buffer.alloc(5 * megabyte, "question");
      // Until its server listens, a connection ends without a word.
      const answer = await eventually("the pod answers", async () => (await ask(to(digestPort), request)) || undefined);
      expect(answer).toBe(sha256(request));
      await soon(() => expect(arrivalOf(world, "port-forward", `server-${way.node}`)).toBe(way.arrives));
      kubectl.kill();
    });

    it("carries 50 connections side by side, one of which nobody reads", async () => {
      const { kubectl, to } = await forward(sourcePort);
      await eventually("the pod answers", async () => (await ask(to(sourcePort))).length === megabyte);
      const unread = to(sourcePort).pause();
      await once(unread, "connect");
      const answers = await Promise.all(Array.from({ length: 49 }, async () => buffer(to(sourcePort).end())));
      expect(new Set(answers.map(sha256))).toEqual(new Set([said]));
      expect(sha256(await buffer(unread.end()))).toBe(said);
      expect(kubectl.stderr()).toBe("");
      kubectl.kill();
    });

    it("says which port is closed, and other forwards go on", async () => {
      const other = await forward(digestPort);
      const { kubectl, to } = await forward(closedPort);
      const socket = to(closedPort);
      socket.on("error", () => undefined);
      await once(socket.end(), "close");
      await eventually("kubectl says so", () => kubectl.stderr().includes(closedPort));
      kubectl.kill();
      expect(await ask(other.to(digestPort), "still here")).toBe(sha256(Buffer.from("still here")));
      other.kubectl.kill();
    });

    it("closes the pod's connections when the client is killed", async () => {
      const counting = await forward(countPort);
      const open = async () => Number(await ask(counting.to(countPort)));
      await eventually("the others are gone", async () => (await open()) === 0);
      const { kubectl, to } = await forward(digestPort);
      const sockets = Array.from({ length: 3 }, () => to(digestPort));
      for (const socket of sockets) socket.on("error", () => undefined).write("half a question");
      await eventually("the pod has them", async () => (await open()) === 3);
      kubectl.kill();
      await eventually("the pod has lost them", async () => (await open()) === 0);
      for (const socket of sockets) socket.destroy();
      counting.kubectl.kill();
    });
  });

  describe.for(["spdy", "tunnel"])("by client-go over %s", (transport) => {
    it.for(["the API server", ...new Set(ways.map(({ node }) => node))])(
      "through %s outlives a closed port and an unread connection",
      async (through) => {
        const node = through === "the API server" ? (ways[0]?.node ?? "") : through;
        const way = through === "the API server" ? [] : await straightTo(world, node);
        const words = [...way, "--pod", `server-${node}`, "--transport", transport];
        const many = ["--refused-port", closedPort, "--connections", "49", "--unread", "1"];
        const answers = await client(world, "forward", [...words, "--port", sourcePort, ...many]);
        expect(answers.refused).toContain(closedPort);
        expect(new Set(answers.connections.map(({ error, received }) => error ?? received.sha256))).toEqual(
          new Set([said]),
        );
        const digests = await client(world, "forward", [
          ...words,
          "--port",
          digestPort,
          "--connections",
          "10",
          "--send-bytes",
          String(megabyte),
        ]);
        expect(new Set(digests.connections.map(({ error, received }) => error ?? received.text))).toEqual(
          new Set([digests.sent.sha256]),
        );
        expect([answers.errors, digests.errors]).toEqual(["", ""]);
      },
    );
  });
});

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
