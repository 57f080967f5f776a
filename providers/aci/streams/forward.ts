import { once } from "node:events";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { asProviderError, ProviderError, type TaskRef, type TaskState } from "../../../src/provider.ts";

export interface ForwardParts {
  readonly groups: { find(task: TaskRef): { readonly state: TaskState } | undefined };
}

/** Milliseconds until a port that does not answer is given up. */
const patience = 10_000;

/** As Provider.forward: Azure has no way of its own into a group's network, so that burstlet must reach its address itself. */
export function createForward({ groups }: ForwardParts) {
  return async (task: TaskRef, port: number, signal: AbortSignal): Promise<Duplex> => {
    const [host] = groups.find(task)?.state.podIPs ?? [];
    if (host === undefined)
      throw new ProviderError(
        "notFound",
        "NoAddress",
        "the container group has no address, so that nothing can be forwarded to it",
      );
    const socket = connect({ host, port, allowHalfOpen: true, signal });
    socket.setNoDelay(true).setTimeout(patience, () => socket.destroy(new Error("no answer")));
    try {
      await once(socket, "connect");
    } catch (error) {
      signal.throwIfAborted();
      const sentence = `port ${port} of ${host} cannot be reached: ${asProviderError(error).message}`;
      throw new ProviderError("transient", "PortUnreachable", sentence, { cause: error });
    }
    return socket.setTimeout(0).on("error", () => undefined);
  };
}
