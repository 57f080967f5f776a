import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Channel, type ChannelEvent, createChannel } from "./channel.ts";
import { messageTypes, payloadTypes } from "./message.ts";
import { createReceiver } from "./receiver.ts";
import { createSender, WINDOW } from "./sender.ts";
import { acknowledgementOf, decoded, output } from "./testing.ts";

let ids = 0;
const newId = (): string => `00000000-0000-4000-8000-${String(ids++).padStart(12, "0")}`;
const open = (): Channel => createChannel(newId, () => 1_700_000_000_000);
const textsOf = (events: readonly ChannelEvent[]): string[] =>
  events.flatMap((event) => (event.is === "data" ? [event.bytes.toString()] : []));

describe("order", () => {
  test("whatever is lost, repeated and shuffled, each message comes once and in its turn, when senders try again", () => {
    fc.assert(
      fc.property(fc.nat(40), fc.infiniteStream(fc.nat(99)), (count, dice) => {
        const receiver = createReceiver<number>();
        const unacknowledged = new Set(Array.from({ length: count }, (_, number) => number));
        const got: number[] = [];
        const roll = (): number => dice.next().value ?? 0;
        for (let round = 0; unacknowledged.size > 0 && round < 5_000; round++) {
          const all = [...unacknowledged];
          // After a time the network is well.
          const bad = round < 50;
          const number = bad ? (all[roll() % all.length] ?? 0) : (all[0] ?? 0);
          if (bad && roll() < 30) continue;
          for (const again of bad && roll() < 30 ? [1, 2] : [1]) {
            const { acknowledge, ready } = receiver.take(number, number);
            got.push(...ready);
            if (acknowledge && (!bad || roll() >= 30) && again > 0) unacknowledged.delete(number);
          }
        }
        expect(got).toEqual(Array.from({ length: count }, (_, number) => number));
      }),
    );
  });

  test("of messages that come far too early no more are kept than there is room for, and they are not acknowledged", () => {
    const receiver = createReceiver<number>();
    for (let number = 1; number <= 10_000; number++) expect(receiver.take(number, number).acknowledge).toBe(true);
    expect(receiver.take(10_001, 0)).toEqual({ acknowledge: false, ready: [] });
    expect(receiver.take(7, 7).acknowledge).toBe(true);
    expect(receiver.take(0, 0).ready).toHaveLength(10_001);
  });
});

describe("sending again", () => {
  test.for([
    ["not before its time", 199, undefined],
    ["the oldest, once its time is over", 200, 0],
  ] as const)("%s", ([, at, sequence]) => {
    const sender = createSender<string>();
    sender.add(String, 0);
    sender.add(String, 0);
    expect(sender.due(at)?.sequence).toBe(sequence);
  });

  test("the time follows the round trip, and is a second at most", () => {
    const sender = createSender<string>();
    for (let n = 0; n < 200; n++) {
      sender.add(String, n * 20);
      sender.acknowledge(n, n * 20 + 10);
    }
    sender.add(String, 10_000);
    expect(sender.wait(10_000)).toBeLessThan(60);
    const slow = createSender<string>();
    slow.add(String, 0);
    slow.acknowledge(0, 20_000);
    slow.add(String, 20_000);
    expect(slow.wait(20_000)).toBe(1_000);
  });

  test("so much is on its way and no more, and after five minutes without an answer all is lost", () => {
    const sender = createSender<string>();
    for (let n = 0; n < WINDOW; n++) sender.add(String, 0);
    expect([sender.open, sender.idle, sender.lost(300_000), sender.lost(300_001)]).toEqual([false, false, false, true]);
    for (let n = 0; n < WINDOW; n++) sender.acknowledge(n, 10);
    expect([sender.open, sender.idle, sender.wait(20), sender.lost(1e9)]).toEqual([true, true, undefined, false]);
  });
});

describe("a channel", () => {
  const request = (...actions: object[]): Buffer =>
    output(0, payloadTypes.handshakeRequest, JSON.stringify({ AgentVersion: "3.3", RequestedClientActions: actions }));
  const session = { ActionType: "SessionType", ActionParameters: { SessionType: "Port", Properties: {} } };

  test("acknowledges what arrives, late repetitions too, and tells it in its order", () => {
    const channel = open();
    const second = channel.receive(output(1, payloadTypes.output, "b"), 0);
    expect(second.events).toEqual([]);
    const first = channel.receive(output(0, payloadTypes.output, "a"), 0);
    expect(first.events[0]).toEqual({ is: "started" });
    expect(textsOf(first.events)).toEqual(["a", "b"]);
    const again = channel.receive(output(1, payloadTypes.output, "b"), 0);
    expect(again.events).toEqual([]);
    expect([...second.send, ...first.send, ...again.send].map((bytes) => decoded(bytes).type)).toEqual(
      Array.from({ length: 3 }, () => messageTypes.acknowledge),
    );
  });

  test("shakes hands, and has started when the agent says so", () => {
    const channel = open();
    const { send, events } = channel.receive(request(session), 0);
    expect(events).toEqual([]);
    const answer = send.map(decoded).find(({ type }) => type === messageTypes.input);
    expect(answer?.payloadType).toBe(payloadTypes.handshakeResponse);
    expect(JSON.parse(answer?.payload.toString() ?? "")).toMatchObject({
      ProcessedClientActions: [{ ActionType: "SessionType", ActionStatus: 1 }],
      Errors: [],
    });
    const complete = channel.receive(output(1, payloadTypes.handshakeComplete, "{}"), 0);
    expect(complete.events).toEqual([{ is: "started" }]);
  });

  test.for([
    [{ ActionType: "KMSEncryption", ActionParameters: { KMSKeyId: "k" } }, 3, "kmsKeyId"],
    [{ ActionType: "SessionType", ActionParameters: { SessionType: "Windows" } }, 2, "Windows is not known"],
  ] as const)("refuses %j, and says why", ([action, status, sentence]) => {
    const { send, events } = open().receive(request(action), 0);
    const answer = send.map(decoded).find(({ type }) => type === messageTypes.input);
    expect(JSON.parse(answer?.payload.toString() ?? "")).toMatchObject({
      ProcessedClientActions: [{ ActionStatus: status }],
    });
    expect(events).toEqual([{ is: "refused", sentence: expect.stringContaining(sentence) }]);
  });

  test("sends again what nobody acknowledges, and numbers what it sends", () => {
    const channel = open();
    const [first, second] = [0, 1].map(() => channel.input(payloadTypes.output, Buffer.from("x"), 0).send[0]);
    expect([first, second].map((bytes) => decoded(bytes ?? Buffer.alloc(0)).sequence)).toEqual([0, 1]);
    expect(channel.tick(200).send).toEqual([first]);
    channel.receive(acknowledgementOf(0), 210);
    expect(channel.tick(1_300).send).toEqual([second]);
    channel.receive(acknowledgementOf(1), 1_310);
    expect([channel.idle, channel.wait(1_310), channel.tick(9_999).send]).toEqual([true, undefined, []]);
  });

  test("ends with the agent's last words, and takes no notice of what is no message", () => {
    const channel = open();
    const closed = Buffer.from(output(0, 0, JSON.stringify({ Output: "bye" })));
    closed.write(messageTypes.closed.padEnd(32), 4, "latin1");
    expect(channel.receive(Buffer.from("nonsense"), 0)).toEqual({ send: [], events: [] });
    expect(channel.receive(closed, 0).events).toEqual([{ is: "closed", output: "bye" }]);
  });
});
