/** The probes of a container as they are to be run: what is asked, when, and how many answers in a row count. Pure. */
import type { Container } from "../model/kube.ts";

export type ProbeKind = "startup" | "liveness" | "readiness";

export interface Probe {
  readonly kind: ProbeKind;
  readonly action: ProbeAction;
  /** Milliseconds from the start of the run. */
  readonly initialDelay: number;
  /** Milliseconds. */
  readonly period: number;
  readonly timeout: number;
  readonly successThreshold: number;
  readonly failureThreshold: number;
}

export type ProbeAction =
  | { readonly via: "exec"; readonly argv: readonly string[] }
  | {
      readonly via: "http";
      readonly scheme: "http" | "https";
      /** `undefined`: the pod's address. */
      readonly host: string | undefined;
      readonly port: number;
      readonly path: string;
      readonly headers: readonly { readonly name: string; readonly value: string }[];
    }
  | { readonly via: "tcp"; readonly host: string | undefined; readonly port: number }
  | { readonly via: "grpc"; readonly port: number; readonly service: string }
  /** Nothing that could be asked. */
  | { readonly via: "nothing"; readonly why: string };

/** What one probe found. `error`: nobody could ask, so it counts neither way. */
export interface Outcome {
  readonly result: "success" | "warning" | "failure" | "error";
  readonly message: string;
}

/** Bytes of an answer or of a command's output that are read and told, as the kubelet (pkg/probe: 10 KiB). */
export const mostOutput = 10 * 1024;

type KubeProbe = NonNullable<Container["livenessProbe"]>;

/** The API server's defaults (pkg/apis/core/v1/defaults.go); pods from files come without them. */
const defaults = { period: 10, timeout: 1, successThreshold: 1, failureThreshold: 3 } as const;

/** `argvOf`: a command with the container's own variables put in. */
export function probesOf(container: Container, argvOf: (command: readonly string[]) => readonly string[]): Probe[] {
  const { startupProbe, livenessProbe, readinessProbe } = container;
  const found = { startup: startupProbe, liveness: livenessProbe, readiness: readinessProbe } as const;
  return (Object.keys(found) as ProbeKind[]).flatMap((kind) => {
    const spec = found[kind];
    return spec === undefined ? [] : [probeOf(kind, spec, actionOf(spec, container, argvOf))];
  });
}

function probeOf(kind: ProbeKind, spec: KubeProbe, action: ProbeAction): Probe {
  return {
    kind,
    action,
    initialDelay: (spec.initialDelaySeconds ?? 0) * 1000,
    period: (spec.periodSeconds ?? defaults.period) * 1000,
    timeout: (spec.timeoutSeconds ?? defaults.timeout) * 1000,
    successThreshold: spec.successThreshold ?? defaults.successThreshold,
    failureThreshold: spec.failureThreshold ?? defaults.failureThreshold,
  };
}

function actionOf(
  { exec, httpGet, tcpSocket, grpc }: KubeProbe,
  container: Container,
  argvOf: (command: readonly string[]) => readonly string[],
): ProbeAction {
  if (exec !== undefined) return { via: "exec", argv: argvOf(exec.command ?? []) };
  if (grpc !== undefined) return { via: "grpc", port: grpc.port, service: grpc.service ?? "" };
  const at = httpGet ?? tcpSocket;
  if (at === undefined) return { via: "nothing", why: "the probe has no handler" };
  const port = portOf(at.port, container);
  if (port === undefined)
    return { via: "nothing", why: `container ${container.name} has no port ${JSON.stringify(at.port)}` };
  const host = at.host === "" ? undefined : at.host;
  if (httpGet === undefined) return { via: "tcp", host, port };
  return {
    via: "http",
    scheme: httpGet.scheme?.toLowerCase() === "https" ? "https" : "http",
    host,
    port,
    path: httpGet.path ?? "/",
    headers: httpGet.httpHeaders ?? [],
  };
}

/** A number, a name of one of the container's ports, or a number written as a text, in this order. */
function portOf(port: unknown, { ports = [] }: Container): number | undefined {
  const named = ports.find(({ name }) => name !== undefined && name === port)?.containerPort;
  const number = named ?? Number(port);
  return Number.isInteger(number) && number > 0 && number < 65_536 ? number : undefined;
}
