/** Messages of Kubernetes' channel protocols (k8s.io/apimachinery pkg/util/httpstream/wsstream). Pure. */

export interface ChannelCoding {
  /** Text messages, `'0' + channel` and base64, for clients that cannot send bytes. Otherwise binary ones. */
  readonly base64: boolean;
  /** Of v5: a message `[255, channel]` ends what the client sends on that channel. */
  readonly halfClose: boolean;
}

export type ChannelMessage =
  | { readonly is: "data"; readonly channel: number; readonly data: Buffer }
  | { readonly is: "end"; readonly channel: number }
  | { readonly is: "empty" }
  | { readonly is: "broken"; readonly problem: string };

const closes = 255;
const zero = 0x30;

/** One message from the client. `channels`: how many there are. */
export function decodeMessage(message: Buffer, coding: ChannelCoding, channels: number): ChannelMessage {
  const [first, second] = message;
  if (first === undefined) return { is: "empty" };
  if (coding.halfClose && first === closes) {
    if (message.length !== 2 || second === undefined || second >= channels) {
      return { is: "broken", problem: "the message that closes a channel does not name one" };
    }
    return { is: "end", channel: second };
  }
  if (!coding.base64)
    return message.length === 1 ? { is: "empty" } : { is: "data", channel: first, data: message.subarray(1) };
  const text = message.toString("latin1", 1);
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return { is: "broken", problem: "a message is not base64" };
  const data = Buffer.from(text, "base64");
  return data.length === 0 ? { is: "empty" } : { is: "data", channel: first - zero, data };
}

/** The payload of one message to the client: all chunks, one behind the other. */
export function encodeMessage(channel: number, chunks: readonly Buffer[], base64: boolean): Buffer | string {
  if (base64) return String(channel) + Buffer.concat(chunks).toString("base64");
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 1);
  const message = Buffer.allocUnsafe(length);
  let at = message.writeUInt8(channel);
  for (const chunk of chunks) at += chunk.copy(message, at);
  return message;
}
