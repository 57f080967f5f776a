import type { WebSocketChannels } from "../websocket/channels.ts";
import { ended, type ClientStreams } from "./client-streams.ts";
import type { StreamOptions } from "./options.ts";
import { statusText, type StatusDialect } from "./outcome.ts";
import { resizeDecoder } from "./resize.ts";

/** k8s.io/cri-streaming pkg/streaming/remotecommand/websocket.go */
const channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4 } as const;
export const remoteCommandChannels = 5;

/** The channels of a remote command that carry something from the client. */
export function channelsFromClient(options: StreamOptions): number[] {
  return [...(options.stdin ? [channel.stdin] : []), ...(options.tty ? [channel.resize] : [])];
}

/** A remote command over the channels of a WebSocket. */
export function webSocketClient(
  channels: WebSocketChannels,
  options: StreamOptions,
  dialect: StatusDialect,
): ClientStreams {
  const stdout = options.stdout ? channels.output(channel.stdout) : undefined;
  const stderr = options.stderr ? channels.output(channel.stderr) : undefined;
  const error = channels.output(channel.error);
  // Tells the client that the connection stands: some wait for it before they show a prompt.
  (stdout ?? stderr ?? error).write("");
  return {
    stdin: options.stdin ? channels.input(channel.stdin) : undefined,
    stdout,
    stderr,
    sizes: options.tty ? channels.input(channel.resize).pipe(resizeDecoder()) : undefined,
    gone: channels.gone,
    async finish(outcome) {
      await Promise.all([ended(stdout), ended(stderr)]);
      await ended(error, statusText(outcome, dialect));
      await channels.close();
    },
  };
}
