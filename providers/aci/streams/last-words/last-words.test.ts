import { once } from "node:events";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { SecretText } from "../../../../src/provider.ts";
import { eventually } from "../../../../test/support/eventually.ts";
import { fakeClock } from "../../../../test/support/fake-clock.ts";
import { follow, identity, memoryAzure, read, source, stopAll } from "../logs/testing.ts";
import { unread } from "./unread.ts";

const servers: WebSocketServer[] = [];
afterEach(() => {
  stopAll();
  for (const server of servers.splice(0)) server.close();
});

/** A container that is about to end, and somebody who follows it. `canListen`: Azure gives a stream of its output. */
async function world({ canListen, first = ["one"] }: { readonly canListen: boolean; readonly first?: string[] }) {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  servers.push(server);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const webSocketUri = `ws://127.0.0.1:${port}/`;
  const entrance = async () => Promise.resolve({ webSocketUri, password: new SecretText("x") });
  const sockets: WebSocket[] = [];
  server.on("connection", (socket) => void sockets.push(socket));
  const clock = fakeClock();
  const azure = memoryAzure(clock, undefined, canListen ? entrance : undefined);
  const logs = await azure.open();
  if (first.length > 0) azure.write(...first);
  const follower = follow(logs);
  await clock.advanceUntil(() => follower.texts.length === first.length);
  azure.leave();
  let isHeard = false;
  const hearing = logs.hear(source()).then(() => (isHeard = true));
  await eventually("somebody listens", async () => {
    await clock.advance(250);
    return isHeard;
  });
  await hearing;
  return {
    clock,
    azure,
    logs,
    follower,
    say(text: string) {
      azure.write(text);
      for (const socket of sockets) socket.send(`${text}\n`);
    },
    hangUp() {
      for (const socket of sockets) socket.close();
    },
    async ended() {
      await eventually("the follower has ended", async () => {
        await clock.advance(250);
        return Promise.race([follower.ended.then(() => true), new Promise((resolve) => setTimeout(resolve, 5, false))]);
      });
    },
  };
}

describe("the last words of a container that Azure runs again at once", () => {
  test("are those that were heard, where the log has lost them", async () => {
    for (const first of [["one"], []]) {
      const life = await world({ canListen: true, first });
      life.say("last words");
      life.say("last words");
      life.azure.end(false);
      life.azure.again(false, false);
      life.azure.write("next run");
      life.hangUp();
      await life.ended();
      expect(life.follower.texts).toEqual([...first, "last words", "last words"]);
      expect(await read(life.logs)).toEqual([...first, "last words", "last words"]);
      expect(await read(life.logs, source(), 1)).toEqual(["last words"]);
    }
  });

  test("are told once, where the log was read in time", async () => {
    const life = await world({ canListen: true });
    life.say("last words");
    await life.clock.advance(2_000);
    life.azure.end(false);
    life.azure.again(false, false);
    life.azure.write("next run");
    life.hangUp();
    await life.ended();
    expect(life.follower.texts).toEqual(["one", "last words"]);
    life.azure.remove();
    expect(await read(life.logs)).toEqual(["one", "last words"]);
    await life.logs.discard(identity);
    await expect(read(life.logs)).rejects.toMatchObject({ reason: "LogGone" });
  });

  test("are as far as the log was read, where nobody can listen, and nothing of the next run follows", async () => {
    for (const first of [["one"], []]) {
      const life = await world({ canListen: false, first });
      life.say("heard in time");
      await life.clock.advance(2_000);
      life.say("not heard");
      life.azure.end(false);
      life.azure.again(false, false);
      life.azure.write("next run");
      await life.ended();
      expect(life.follower.texts).toEqual([...first, "heard in time"]);
      expect(await read(life.logs)).toEqual([...first, "heard in time"]);
    }
  });

  test("end with their run, although its stream goes on with the next one", async () => {
    const life = await world({ canListen: true });
    life.say("last words");
    await life.clock.advance(2_000);
    life.azure.end();
    await life.ended();
    expect(life.follower.texts).toEqual(["one", "last words"]);
  });
});

test("what was read takes away what was heard of it, whatever the order", () => {
  const lines = (texts: readonly string[]) => texts.map((text) => ({ text }));
  expect(unread(lines(["rst", "b", "c"]), ["first", "b"])).toEqual(lines(["c"]));
  fc.assert(
    fc.property(fc.array(fc.constantFrom("a", "b", "c")), fc.nat(), fc.gen(), (texts, length, gen) => {
      const read = texts.slice(0, length % (texts.length + 1));
      const turned = gen(fc.shuffledSubarray, read, { minLength: read.length });
      const rest = texts.slice(read.length);
      expect(
        unread(lines(texts), turned)
          .map(({ text }) => text)
          .toSorted(),
      ).toEqual(rest.toSorted());
    }),
  );
});
