/** The agent's side of a data channel: numbers, order, acknowledgements, repetition and handshake. */
import type { PacedClock } from "../clock.ts";
import { contents, fromBytes, toBytes, uuidOf } from "./frames.ts";

/** Of the agent's own: a message has so many bytes, and what is not acknowledged is sent again after this. */
export const AGENT_PAYLOAD = 1_024;
const REPEAT_MS = 200;
const LOOK_MS = 100;
/** The agent itself keeps a hundred thousand; beyond this the stand-in reads nothing more from the command. */
const MOST_UNACKNOWLEDGED = 4_096;
const LAST_WAIT_MS = 2_000;

export interface AgentChannelParts {
  readonly clock: PacedClock;
  readonly sessionId: string;
  readonly transmit: (bytes: Buffer) => void;
  /** Input in its order. `false`: the command is not there yet, so it is to come again. */
  readonly onInput: (content: number, body: Buffer) => boolean;
  readonly onRoom: () => void;
}

type Frame = ReturnType<typeof fromBytes>;

export class AgentChannel {
  readonly #parts: AgentChannelParts;
  readonly #unacknowledged = new Map<number, { readonly bytes: Buffer; at: number }>();
  readonly #early = new Map<number, Frame>();
  readonly #over = new AbortController();
  readonly #stopLooking: () => void;
  #next = 0;
  #expected = 0;
  #isShaking = false;
  #onEmpty: () => void = () => undefined;
  #shaken: ((version: string) => void) | undefined;

  constructor(parts: AgentChannelParts) {
    this.#parts = parts;
    this.#stopLooking = repeat(parts.clock, this.#over.signal, () => this.#repeatOldest());
  }

  /** More would pile up: wait for `onRoom`. */
  get full(): boolean {
    return this.#unacknowledged.size >= MOST_UNACKNOWLEDGED;
  }

  send(content: number, body: Buffer): void {
    const { clock, transmit } = this.#parts;
    const number = this.#next++;
    const bytes = toBytes("output_stream_data", number, content, body, clock.now());
    this.#unacknowledged.set(number, { bytes, at: clock.monotonic() });
    transmit(bytes);
  }

  /** A message of the client, as it arrives. Throws for one that no client may send. */
  take(bytes: Buffer): void {
    const frame = fromBytes(bytes);
    if (frame.kind === "acknowledge") return this.#forget(frame);
    if (frame.kind !== "input_stream_data") throw new Error(`a client sends no ${frame.kind}`);
    if (frame.number > this.#expected) this.#early.set(frame.number, frame);
    else if (frame.number === this.#expected) {
      if (!this.#handle(frame)) return;
      this.#expected += 1;
      for (let one = this.#early.get(this.#expected); one !== undefined; one = this.#early.get(this.#expected)) {
        this.#early.delete(this.#expected);
        this.#handle(one);
        this.#expected += 1;
      }
    }
    this.#acknowledge(frame);
  }

  /** Resolves with the client's version when both have shaken hands. */
  async shake(sessionType: string, properties: object): Promise<string> {
    this.#isShaking = true;
    const version = new Promise<string>((resolve) => (this.#shaken = resolve));
    const parameters = { SessionType: sessionType, Properties: properties };
    const actions = [{ ActionType: "SessionType", ActionParameters: parameters }];
    const request = { AgentVersion: "3.3.2746.0", RequestedClientActions: actions };
    this.send(contents.handshakeRequest, Buffer.from(JSON.stringify(request)));
    const answered = await version;
    this.#isShaking = false;
    const complete = { HandshakeTimeToComplete: 1_000_000, CustomerMessage: "" };
    this.send(contents.handshakeComplete, Buffer.from(JSON.stringify(complete)));
    return answered;
  }

  /** Waits until the client has taken everything, two seconds at most, and says goodbye. */
  async close(output: string): Promise<void> {
    const { clock, sessionId, transmit } = this.#parts;
    if (this.#unacknowledged.size > 0) await this.#emptied();
    this.#stopLooking();
    const goodbye = {
      MessageType: "channel_closed",
      MessageId: sessionId,
      CreatedDate: String(clock.now()),
      SessionId: sessionId,
      SchemaVersion: 1,
      Output: output,
    };
    transmit(toBytes("channel_closed", 0, 0, Buffer.from(JSON.stringify(goodbye)), clock.now()));
  }

  stop(): void {
    this.#over.abort();
    this.#stopLooking();
  }

  async #emptied(): Promise<void> {
    const empty = new AbortController();
    this.#onEmpty = () => empty.abort();
    const { signal } = this.#over;
    await this.#parts.clock.sleep(LAST_WAIT_MS, AbortSignal.any([signal, empty.signal])).catch(() => undefined);
  }

  #forget({ body }: Frame): void {
    const said = JSON.parse(body.toString()) as { AcknowledgedMessageSequenceNumber: number };
    this.#unacknowledged.delete(said.AcknowledgedMessageSequenceNumber);
    if (this.#unacknowledged.size === 0) this.#onEmpty();
    // Not for each single one, or every message would be waited for.
    if (this.#unacknowledged.size === MOST_UNACKNOWLEDGED / 2) this.#parts.onRoom();
  }

  #handle({ content, body }: Frame): boolean {
    if (content === contents.handshakeResponse) {
      const answer = JSON.parse(body.toString()) as HandshakeResponse;
      const isWell = answer.ProcessedClientActions.every(({ ActionStatus }) => ActionStatus === 1);
      if (isWell) this.#shaken?.(answer.ClientVersion);
      return true;
    }
    // As the agent does: what comes while hands are being shaken is taken and forgotten.
    return this.#isShaking || this.#parts.onInput(content, body);
  }

  #acknowledge(frame: Frame): void {
    const { kind, number } = frame;
    const what = {
      AcknowledgedMessageType: kind,
      AcknowledgedMessageId: uuidOf(frame),
      AcknowledgedMessageSequenceNumber: number,
      IsSequentialMessage: true,
    };
    const { clock, transmit } = this.#parts;
    transmit(toBytes("acknowledge", 0, 0, Buffer.from(JSON.stringify(what)), clock.now()));
  }

  #repeatOldest(): void {
    const [oldest] = this.#unacknowledged.values();
    const now = this.#parts.clock.monotonic();
    if (oldest === undefined || now - oldest.at < REPEAT_MS) return;
    oldest.at = now;
    this.#parts.transmit(oldest.bytes);
  }
}

interface HandshakeResponse {
  readonly ClientVersion: string;
  readonly ProcessedClientActions: readonly { readonly ActionStatus: number }[];
}

function repeat(clock: PacedClock, signal: AbortSignal, look: () => void): () => void {
  let cancel: () => void = () => undefined;
  let ended = false;
  const again = (): void => {
    if (ended || signal.aborted) return;
    look();
    cancel = clock.after(LOOK_MS, again);
  };
  cancel = clock.after(LOOK_MS, again);
  return () => {
    ended = true;
    cancel();
  };
}
