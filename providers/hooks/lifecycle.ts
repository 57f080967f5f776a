import type { Pod } from "../../src/provider.ts";
import type { HookSpec } from "./hook-spec.ts";

/** The hooks of a container, and its own signal to end. Pure. */
export function lifecycleOf(
  pod: Pod,
  container: string,
): { readonly postStart?: HookSpec; readonly preStop?: HookSpec; readonly stopSignal?: string } {
  const all = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  const { lifecycle, ports = [] } = all.find(({ name }) => name === container) ?? {};
  const postStart = hookOf(lifecycle?.postStart, ports);
  const preStop = hookOf(lifecycle?.preStop, ports);
  const { stopSignal } = lifecycle ?? {};
  return {
    ...(postStart !== undefined && { postStart }),
    ...(preStop !== undefined && { preStop }),
    ...(stopSignal !== undefined && { stopSignal }),
  };
}

type Container = NonNullable<Pod["spec"]>["containers"][number];
type Handler = NonNullable<Container["lifecycle"]>["postStart"];

function hookOf(handler: Handler, ports: NonNullable<Container["ports"]>): HookSpec | undefined {
  if (handler?.exec !== undefined) return { kind: "exec", argv: handler.exec.command ?? [] };
  if (handler?.sleep !== undefined) return { kind: "sleep", seconds: handler.sleep.seconds };
  const get = handler?.httpGet;
  if (get === undefined) return undefined;
  const path = get.path ?? "/";
  return {
    kind: "http",
    scheme: get.scheme?.toLowerCase() === "https" ? "https" : "http",
    port: portOf(get.port, ports),
    path: path.startsWith("/") ? path : `/${path}`,
    headers: get.httpHeaders ?? [],
  };
}

/** A number, a number as text, or the name of one of the container's ports; 0, where nothing ever listens, for another name. */
function portOf(port: unknown, ports: NonNullable<Container["ports"]>): number {
  const named = ports.find(({ name }) => name === port)?.containerPort;
  return named ?? (Number(port) || 0);
}
