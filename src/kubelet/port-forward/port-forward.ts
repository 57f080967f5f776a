import type { Duplex } from "node:stream";

import { createWebSocketStream } from "ws";

import { failure, notOffered, type Answer } from "../answer.ts";
import type { HandlerContext } from "../handler.ts";
import { runningTask } from "../stream/target.ts";
import { negotiateSpdy, negotiateWebSocket, transportOf, unnamed } from "../upgrade/negotiate.ts";
import type { StreamHandler, StreamRequest, UpgradableConnection } from "../upgrade/stream-request.ts";
import { switchToSpdy } from "../upgrade/switch-to-spdy.ts";
import { acceptWebSocket } from "../websocket/accept.ts";
import { webSocketChannels } from "../websocket/channels.ts";
import { spdyForward } from "./spdy-forward.ts";
import { dataChannel, parsePorts, webSocketForward } from "./websocket-forward.ts";

const spdyProtocol = "portforward.k8s.io";
/** SPDY's bytes in the messages of a WebSocket: what kubectl tries first. */
const tunnelProtocol = "SPDY/3.1+portforward.k8s.io";
const base64Protocol = "v4.base64.channel.k8s.io";
const channelProtocols = ["v4.channel.k8s.io", base64Protocol, unnamed];

type Dial = (port: number, signal: AbortSignal) => Promise<Duplex>;

/** /portForward/{namespace}/{pod}[/{uid}]: any number of connections into the pod's network. */
export const portForward: StreamHandler = async (request, context) => {
  const { provider } = context;
  if (provider.forward === undefined) return notOffered(context, "no way to reach a port of a pod", "forward");
  const task = runningTask(request.params, context.pods);
  if ("status" in task) return task;
  const forward = provider.forward.bind(provider);
  const dial: Dial = (port, signal) => forward(task, port, signal);

  const asked = transportOf(request);
  if ("status" in asked) return asked;
  const { transport, connection } = asked;
  const { namespace, pod: name } = request.params;
  context.log.debug("A client upgrades to a port-forward", { pod: { namespace, name }, transport });
  if (transport === "websocket") return overWebSocket(request, connection, context, dial);
  const protocol = negotiateSpdy(request.req.headers, [spdyProtocol]);
  if (typeof protocol === "object") return protocol;
  await spdyForward(switchToSpdy(connection, protocol), dial, { ...context, stop: request.stop });
  return undefined;
};

async function overWebSocket(
  { req, query, stop }: StreamRequest,
  connection: UpgradableConnection,
  context: HandlerContext,
  dial: Dial,
): Promise<Answer | undefined> {
  const protocol = negotiateWebSocket(req.headers, [tunnelProtocol, ...channelProtocols]);
  if (typeof protocol === "object") return protocol;
  const ports = protocol === tunnelProtocol ? [] : parsePorts(query);
  if ("problem" in ports) return failure(400, "BadRequest", ports.problem);
  const ws = await acceptWebSocket(req, connection, protocol);
  if ("status" in ws) return ws;
  if (protocol === tunnelProtocol) {
    const bytes = createWebSocketStream(ws);
    // By itself it would wait for its last message to leave, which a client that is gone never takes.
    ws.once("close", () => bytes.destroy());
    await spdyForward(bytes, dial, { ...context, stop });
    return undefined;
  }
  const channels = webSocketChannels(ws, {
    base64: protocol === base64Protocol,
    halfClose: false,
    channels: 2 * ports.length,
    fromClient: ports.map((_, index) => dataChannel(index)),
    clock: context.clock,
  });
  await webSocketForward(channels, ports, dial, stop);
  return undefined;
}
