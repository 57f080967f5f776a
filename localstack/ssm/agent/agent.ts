import type { Duplex } from "node:stream";
import type { ProcessStream } from "../../../src/model/streams.ts";
import type { AgentChannel } from "../agent-channel.ts";

/** What a plugin of the agent has to work with, for one session. */
export interface Agent {
  readonly channel: AgentChannel;
  /** Has the container a shell? */
  readonly hasShell: boolean;
  exec(argv: readonly string[], how: { readonly tty: boolean; readonly stdin: boolean }): Promise<ProcessStream>;
  forward(port: number): Promise<Duplex>;
  /** Ends everything that `exec` has started, as a terminal's end does. */
  kill(): void;
  /** Set once input can be taken. `false`: it is to come again. */
  input: (content: number, body: Buffer) => boolean;
  /** What to do when somebody ends the session. */
  onEnd(end: () => void): void;
  /** Resolves when there is room for another message. */
  room(): Promise<void>;
}
