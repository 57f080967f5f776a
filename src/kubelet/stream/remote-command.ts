import type { ProcessStream, TerminalSize } from "../../provider.ts";
import type { Answer } from "../answer.ts";
import type { HandlerContext } from "../handler.ts";
import { negotiateSpdy, negotiateWebSocket, transportOf, unnamed } from "../upgrade/negotiate.ts";
import type { StreamRequest } from "../upgrade/stream-request.ts";
import { switchToSpdy } from "../upgrade/switch-to-spdy.ts";
import { acceptWebSocket } from "../websocket/accept.ts";
import { webSocketChannels } from "../websocket/channels.ts";
import type { ChannelCoding } from "../websocket/codec.ts";
import type { ClientStreams } from "./client-streams.ts";
import { joinProcess } from "./join-process.ts";
import type { StreamOptions } from "./options.ts";
import type { StatusDialect } from "./outcome.ts";
import { firstSize } from "./resize.ts";
import { spdyClient, type SpdyDialect } from "./spdy-client.ts";
import { channelsFromClient, remoteCommandChannels, webSocketClient } from "./websocket-client.ts";

/** Some clients offer v5 first; over SPDY it would be v4, which the kubelet picks. */
const spdyProtocols: Readonly<Record<string, SpdyDialect>> = {
  "v4.channel.k8s.io": { status: "json", resizes: true },
  "v3.channel.k8s.io": { status: "text", resizes: true },
  "v2.channel.k8s.io": { status: "text", resizes: false },
  "channel.k8s.io": { status: "text", resizes: false },
};

/** v2 and v3 exist for SPDY alone; v5 is v4 with a message that closes one channel. */
const webSocketProtocols: Readonly<Record<string, ChannelCoding & { readonly status: StatusDialect }>> = {
  "v5.channel.k8s.io": { base64: false, halfClose: true, status: "json" },
  "v4.channel.k8s.io": { base64: false, halfClose: false, status: "json" },
  "v4.base64.channel.k8s.io": { base64: true, halfClose: false, status: "json" },
  "channel.k8s.io": { base64: false, halfClose: false, status: "text" },
  "base64.channel.k8s.io": { base64: true, halfClose: false, status: "text" },
  [unnamed]: { base64: false, halfClose: false, status: "text" },
};

/** Gets the way to the size of the client's terminal, which takes a moment to ask. */
type Start = (signal: AbortSignal, size: () => Promise<TerminalSize | undefined>) => Promise<ProcessStream>;

/** Upgrades the connection and joins it to the process that `start` gives, until both have ended. */
export async function serveRemoteCommand(
  request: StreamRequest,
  options: StreamOptions,
  context: HandlerContext,
  start: Start,
): Promise<Answer | undefined> {
  const client = await openClient(request, options, context);
  if (client === undefined || "status" in client) return client;
  const { sizes } = client;
  const sized = async (signal: AbortSignal) => start(signal, async () => firstSize(sizes, context.clock, signal));
  const outcome = await joinProcess(client, sized, request.stop);
  if ("failure" in outcome && !client.gone.aborted) {
    context.log.warn("A stream of a container ended early", { ...named(request), err: outcome.failure });
  }
  return undefined;
}

/** `undefined`: the connection was upgraded, but the client did not do its part. */
async function openClient(
  request: StreamRequest,
  options: StreamOptions,
  { clock, log }: HandlerContext,
): Promise<ClientStreams | Answer | undefined> {
  const asked = transportOf(request);
  if ("status" in asked) return asked;
  const { transport, connection } = asked;
  const { req } = request;
  const supported = transport === "spdy" ? spdyProtocols : webSocketProtocols;
  const negotiate = transport === "spdy" ? negotiateSpdy : negotiateWebSocket;
  const protocol = negotiate(req.headers, Object.keys(supported));
  if (typeof protocol === "object") return protocol;
  log.debug("A client upgrades to a stream of a container", { ...named(request), transport, protocol });

  if (transport === "spdy") {
    const dialect = spdyProtocols[protocol] as SpdyDialect;
    const spdy = switchToSpdy(connection, protocol);
    return spdyClient(spdy, options, dialect, { clock, log }).catch((err: unknown) => {
      log.info("A client did not open the streams it asked for", { err });
      return undefined;
    });
  }
  const coding = webSocketProtocols[protocol] as (typeof webSocketProtocols)[string];
  const ws = await acceptWebSocket(req, connection, protocol);
  if ("status" in ws) return ws;
  const channels = webSocketChannels(ws, {
    ...coding,
    channels: remoteCommandChannels,
    fromClient: channelsFromClient(options),
    clock,
  });
  return webSocketClient(channels, options, coding.status);
}

/** For the log. */
function named({ params: { namespace, pod: name, container } }: StreamRequest): object {
  return { pod: { namespace, name }, container };
}
