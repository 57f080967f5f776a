/**
 * Probes that are commands become ECS's health check, of which a container has one. Source of the ranges: ECS API
 * reference, HealthCheck. Pure.
 */
import { type RawContainer, staticCommand, type Written } from "../../../src/provider.ts";
import type { HealthCheck } from "@aws-sdk/client-ecs";

export type ProbeKind = "startup" | "readiness" | "liveness";

type Probe = NonNullable<RawContainer["livenessProbe"]>;

export const probeKinds: readonly ProbeKind[] = ["startup", "readiness", "liveness"];

/** Lowest and highest number of each field that ECS takes, and what Kubernetes takes for one that is not set. */
export const ranges = {
  periodSeconds: { least: 5, most: 300, usual: 10 },
  timeoutSeconds: { least: 2, most: 60, usual: 1 },
  failureThreshold: { least: 1, most: 10, usual: 3 },
  initialDelaySeconds: { least: 0, most: 300, usual: 0 },
  successThreshold: { least: 1, most: 1, usual: 1 },
} as const;

type NumberField = keyof typeof ranges;

export interface Check {
  readonly healthCheck: HealthCheck;
  /** The probes that its answer stands for: those with the same command. */
  readonly probes: readonly ProbeKind[];
}

export function probeOf(container: RawContainer, kind: ProbeKind): Probe | undefined {
  return container[`${kind}Probe`];
}

/** `undefined`: none of its probes is a command. */
export function checkOf({ container, kind }: Pick<Written, "container" | "kind">): Check | undefined {
  // What comes after a sidecar waits for its startup probe, so there it comes first.
  const order = kind === "sidecar" ? probeKinds : (["readiness", "liveness", "startup"] as const);
  const first = order.find((probe) => isCommand(probeOf(container, probe)));
  if (first === undefined) return undefined;
  const command = probeOf(container, first)?.exec?.command ?? [];
  const served = probeKinds.filter((probe) => isSame(probeOf(container, probe)?.exec?.command, command));
  const probes = served.flatMap((probe) => probeOf(container, probe) ?? []);
  const every = (field: NumberField): number[] => probes.map((probe) => numberOf(probe, field));
  return {
    healthCheck: {
      command: ["CMD", ...staticCommand(command, container)],
      interval: clamp("periodSeconds", Math.min(...every("periodSeconds"))),
      timeout: clamp("timeoutSeconds", Math.max(...every("timeoutSeconds"))),
      retries: clamp("failureThreshold", Math.max(...patience(container, served))),
      startPeriod: clamp("initialDelaySeconds", startPeriod(container, probes)),
    },
    probes: served,
  };
}

/** Probes of a container that are commands and that its health check does not stand for. */
export function unasked(written: Pick<Written, "container" | "kind">): readonly ProbeKind[] {
  const asked = checkOf(written)?.probes ?? [];
  return probeKinds.filter((kind) => isCommand(probeOf(written.container, kind)) && !asked.includes(kind));
}

/** Is the number outside what ECS takes? A timeout of one second is Kubernetes' own default, and is no news. */
export function isOutOfRange(field: NumberField, value: number): boolean {
  if (field === "timeoutSeconds" && value === ranges.timeoutSeconds.usual) return false;
  return value < ranges[field].least || value > ranges[field].most;
}

/** Until a startup probe would have given up, no failure counts. */
function startPeriod({ startupProbe }: RawContainer, probes: readonly Probe[]): number {
  const delays = probes.map((probe) => numberOf(probe, "initialDelaySeconds"));
  if (startupProbe === undefined || !isCommand(startupProbe)) return Math.max(...delays);
  const patient = numberOf(startupProbe, "periodSeconds") * numberOf(startupProbe, "failureThreshold");
  return Math.max(...delays, numberOf(startupProbe, "initialDelaySeconds") + patient);
}

/** A startup probe's failures are its start period, unless nothing else is asked. */
function patience(container: RawContainer, served: readonly ProbeKind[]): number[] {
  const lasting = served.filter((kind) => kind !== "startup");
  const kinds = lasting.length > 0 ? lasting : served;
  return kinds.flatMap((kind) => {
    const probe = probeOf(container, kind);
    return probe === undefined ? [] : [numberOf(probe, "failureThreshold")];
  });
}

export function numberOf(probe: Probe, field: NumberField): number {
  return probe[field] ?? ranges[field].usual;
}

export function isCommand(probe: Probe | undefined): boolean {
  return (probe?.exec?.command ?? []).length > 0;
}

function isSame(one: readonly string[] | undefined, other: readonly string[]): boolean {
  return one !== undefined && JSON.stringify(one) === JSON.stringify(other);
}

function clamp(field: NumberField, value: number): number {
  return Math.min(ranges[field].most, Math.max(ranges[field].least, value));
}
