import { connect } from "node:net";
import type { Outcome } from "../probe.ts";
import { dialTrouble, hostPort } from "./words.ts";

/** Succeeds when somebody accepts a connection; nothing is said on it. */
export function probeTcp(host: string, port: number, signal: AbortSignal): Promise<Outcome> {
  const address = hostPort(host, port);
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (outcome: Outcome): void => {
      signal.removeEventListener("abort", late);
      socket.destroy();
      resolve(outcome);
    };
    const late = (): void => end({ result: "failure", message: `dial tcp ${address}: i/o timeout` });
    socket.once("connect", () => end({ result: "success", message: "" }));
    socket.once("error", (error) => end({ result: "failure", message: dialTrouble(error, address) }));
    if (signal.aborted) late();
    else signal.addEventListener("abort", late, { once: true });
  });
}
