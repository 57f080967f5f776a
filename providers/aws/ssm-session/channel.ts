/** One side of a data channel as a state machine: bytes in, bytes and events out. Pure: times and ids are arguments. */
import { answerHandshake } from "./handshake.ts";
import {
  acknowledged,
  acknowledgement,
  decodeMessage,
  encodeMessage,
  type Message,
  messageTypes,
  parsed,
  payloadTypes,
} from "./message.ts";
import { createReceiver } from "./receiver.ts";
import { createSender } from "./sender.ts";

/** Of input; the agent reads no more at once. */
export const LONGEST_PAYLOAD = 1_024;

export type ChannelEvent =
  /** Input may be sent: what comes before is taken and dropped by the agent. */
  | { readonly is: "started" }
  /** `type`: one of `payloadTypes`, without those of the handshake. */
  | { readonly is: "data"; readonly type: number; readonly bytes: Buffer }
  /** The session is over; `output`: the agent's last words. */
  | { readonly is: "closed"; readonly output: string }
  | { readonly is: "refused"; readonly sentence: string };

/** What follows from something that happened. */
export interface Outcome {
  readonly send: readonly Buffer[];
  readonly events: readonly ChannelEvent[];
}

export interface Channel {
  receive(bytes: Buffer, now: number): Outcome;
  /** A message of input. Only while `open`. */
  input(type: number, payload: Buffer, now: number): Outcome;
  /** What to send again. */
  tick(now: number): Outcome;
  /** Milliseconds until `tick` is worth it; `undefined`: not before something else happens. */
  wait(now: number): number | undefined;
  readonly open: boolean;
  /** Everything that was sent has arrived. */
  readonly idle: boolean;
}

export function createChannel(newId: () => string, wall: () => number): Channel {
  const receiver = createReceiver<Message>();
  const sender = createSender<Buffer>();
  let started = false;
  const message = (type: string, payloadType: number, payload: Buffer, sequence: number): Buffer =>
    encodeMessage({ type, sequence, createdAt: wall(), flags: 0, id: newId(), payloadType, payload });
  const input = (type: number, payload: Buffer, now: number): Buffer =>
    sender.add((sequence) => message(messageTypes.input, type, payload, sequence), now).message;

  /** One message of the agent's stream, in its turn. */
  const handle = ({ payloadType: type, payload }: Message, now: number, out: Draft): void => {
    if (type === payloadTypes.handshakeRequest) {
      const answer = answerHandshake(payload);
      if (answer === undefined) return;
      out.send.push(input(payloadTypes.handshakeResponse, Buffer.from(JSON.stringify(answer.response)), now));
      if (answer.trouble !== undefined) out.events.push({ is: "refused", sentence: answer.trouble });
      return;
    }
    // An agent that asks for no handshake says its first output instead.
    if (!started) out.events.push({ is: "started" });
    started = true;
    if (type !== payloadTypes.handshakeComplete) out.events.push({ is: "data", type, bytes: payload });
  };

  return {
    get open() {
      return sender.open;
    },
    get idle() {
      return sender.idle;
    },
    receive(bytes, now) {
      const out: Draft = { send: [], events: [] };
      const found = decodeMessage(bytes);
      if (found === undefined) return out;
      if (found.type === messageTypes.acknowledge) {
        const sequence = acknowledged(found);
        if (sequence !== undefined) sender.acknowledge(sequence, now);
      } else if (found.type === messageTypes.closed) {
        const output = parsed<{ Output?: string }>(found.payload)?.Output ?? "";
        out.events.push({ is: "closed", output });
      } else if (found.type === messageTypes.output) {
        const { acknowledge, ready } = receiver.take(found.sequence, found);
        if (acknowledge) out.send.push(message(messageTypes.acknowledge, 0, acknowledgement(found), 0));
        for (const one of ready) handle(one, now, out);
      }
      return out;
    },
    input: (type, payload, now) => ({ send: [input(type, payload, now)], events: [] }),
    tick(now) {
      if (sender.lost(now))
        return { send: [], events: [{ is: "refused", sentence: "the agent has taken no input for five minutes" }] };
      const again = sender.due(now);
      return { send: again === undefined ? [] : [again.message], events: [] };
    },
    wait: (now) => sender.wait(now),
  };
}

interface Draft {
  readonly send: Buffer[];
  readonly events: ChannelEvent[];
}
