/** Asks one probe once. All that it needs of the world is a connection to the pod's address, or a command in the container. */
import type { ContainerRef, Provider } from "../provider.ts";
import { probeExec } from "./probers/exec.ts";
import { probeGrpc } from "./probers/grpc.ts";
import { probeHttp } from "./probers/http.ts";
import { probeTcp } from "./probers/tcp.ts";
import type { Outcome, Probe } from "./probe.ts";

export interface ProbeTarget {
  readonly run: ContainerRef;
  /** The pod's own address; `undefined` while it has none. */
  readonly address: string | undefined;
}

/** Never rejects. Its time is over when the signal aborts; what it started is ended then. */
export type AskProbe = (probe: Probe, target: ProbeTarget, signal: AbortSignal) => Promise<Outcome>;

export interface ProberOptions {
  /** The provider's own; without it no command can be run. */
  readonly exec: Provider["exec"];
  /** The version that the node tells, e.g. `v1.36.3`. */
  readonly kubernetes: string;
}

export function createProber({ exec, kubernetes }: ProberOptions): AskProbe {
  const userAgent = `kube-probe/${/^v?(\d+\.\d+)/.exec(kubernetes)?.[1] ?? kubernetes}`;
  const ask = (probe: Probe, { run, address }: ProbeTarget, signal: AbortSignal): Promise<Outcome> | Outcome => {
    const { action, timeout } = probe;
    if (action.via === "nothing") return { result: "error", message: action.why };
    if (action.via === "exec") {
      if (exec === undefined) return { result: "error", message: "commands cannot be run in containers here" };
      return probeExec((command, until) => exec(run, command, until), action.argv, timeout, signal);
    }
    const host = ("host" in action ? action.host : undefined) ?? address;
    if (host === undefined) return { result: "error", message: "the pod has no address yet" };
    switch (action.via) {
      case "http":
        return probeHttp({ ...action, host, userAgent }, signal);
      case "tcp":
        return probeTcp(host, action.port, signal);
      case "grpc":
        return probeGrpc({ ...action, host, userAgent, timeout }, signal);
    }
  };
  return async (probe, target, signal) => {
    try {
      return await ask(probe, target, signal);
    } catch (error) {
      return { result: "error", message: error instanceof Error ? error.message : String(error) };
    }
  };
}
