/** Liveness probes as Azure's own. Others it does not ask, or asks and does not tell the answer. Pure. */
import { type RawContainer, staticCommand } from "../../../src/provider.ts";
import type { ProbeBody } from "../request.ts";

export type Probe = NonNullable<RawContainer["livenessProbe"]>;

/** What Kubernetes takes for a number that is not set. */
const usual = {
  initialDelaySeconds: 0,
  periodSeconds: 10,
  failureThreshold: 3,
  successThreshold: 1,
  timeoutSeconds: 1,
};

/** `undefined`: no probe, or one that Azure cannot ask. A startup probe, which it does not know, is time to start in. */
export function livenessOf(container: RawContainer): ProbeBody | undefined {
  const { livenessProbe: probe, startupProbe: startup } = container;
  const action = probe && actionOf(probe, container);
  if (probe === undefined || action === undefined) return undefined;
  const numbers = numbersOf(probe);
  const patience = startup === undefined ? 0 : patienceOf(numbersOf(startup));
  return { ...action, ...numbers, initialDelaySeconds: numbers.initialDelaySeconds + patience };
}

function numbersOf(probe: Probe): typeof usual {
  return {
    initialDelaySeconds: probe.initialDelaySeconds ?? usual.initialDelaySeconds,
    periodSeconds: probe.periodSeconds ?? usual.periodSeconds,
    failureThreshold: probe.failureThreshold ?? usual.failureThreshold,
    successThreshold: probe.successThreshold ?? usual.successThreshold,
    timeoutSeconds: probe.timeoutSeconds ?? usual.timeoutSeconds,
  };
}

function patienceOf({ initialDelaySeconds, periodSeconds, failureThreshold }: typeof usual): number {
  return initialDelaySeconds + periodSeconds * failureThreshold;
}

function actionOf({ exec, httpGet }: Probe, container: RawContainer): Pick<ProbeBody, "exec" | "httpGet"> | undefined {
  const { command = [] } = exec ?? {};
  if (command.length > 0) return { exec: { command: staticCommand(command, container) } };
  const port = httpGet && portOf(httpGet.port, container);
  if (httpGet === undefined || port === undefined) return undefined;
  const { path = "/", scheme, httpHeaders = [] } = httpGet;
  return {
    httpGet: {
      path,
      port,
      scheme: scheme === "HTTPS" ? "https" : "http",
      ...(httpHeaders.length > 0 && { httpHeaders: httpHeaders.map(({ name, value }) => ({ name, value })) }),
    },
  };
}

/** A port by number, or by the name that the container gives one of its own. */
export function portOf(port: unknown, { ports = [] }: RawContainer): number | undefined {
  if (typeof port === "number") return port;
  const named = ports.find(({ name }) => name === port)?.containerPort;
  return named ?? (/^\d+$/.test(String(port)) ? Number(port) : undefined);
}
