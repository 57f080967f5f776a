import {
  changed,
  isMentioned,
  kept,
  type Pod,
  refused,
  type SupportRow,
  type Written,
  writtenContainers,
  both,
} from "../../../src/provider.ts";
import {
  isCommand,
  isOutOfRange,
  numberOf,
  type ProbeKind,
  probeKinds,
  probeOf,
  ranges,
  unasked,
} from "../translate/health-check.ts";
import { type FargateRow, on, readinessRefused, readinessRunning, routed, unrouted } from "./row.ts";

const overNetwork = ["grpc", "httpGet", "tcpSocket"] as const;

const readyWhenRunning = "Not asked, as the node's configuration allows: the container is ready while it runs.";

/** What happens without the answer of a probe that is no reason to refuse the pod. */
const withoutAnswer = {
  liveness: "a program that hangs is not ended",
  startup: "the container counts as started while it runs",
} as const;

/** The three probes of a container. */
export function probeRows(at: string): readonly FargateRow[] {
  return probeKinds.flatMap((kind) => [
    ...commandRows(at, kind),
    ...networkRows(`${at}.${kind}Probe`, kind),
    ...numberRows(at, kind),
    kept(`${at}.${kind}Probe.terminationGracePeriodSeconds`, "Kept for probes over the network alone."),
    {
      path: `${at}.${kind}Probe.terminationGracePeriodSeconds`,
      effect: "changed",
      sentence: "The grace of a task is one, whatever ends it: that of the pod holds.",
      find: inProbes(at, kind, "terminationGracePeriodSeconds", (_, probe) =>
        isMentioned(probe?.terminationGracePeriodSeconds),
      ),
    },
  ]);
}

function commandRows(at: string, kind: ProbeKind): readonly FargateRow[] {
  const path = `${at}.${kind}Probe.exec`;
  const first = "ECS runs one command for a container, and another probe of it comes first";
  const find = inProbes(at, kind, "exec", (written) => unasked(written).includes(kind));
  const row = (effect: SupportRow["effect"], sentence: string): SupportRow => ({ path, effect, sentence, find });
  return [
    kept(path, "Kept: the command is ECS's health check of the container."),
    ...(kind === "readiness"
      ? [
          on(readinessRefused, row("refused", `${first}: use the same command, or the network.`)),
          on(readinessRunning, row("changed", readyWhenRunning)),
        ]
      : [row("changed", `Not asked: ${first}, so ${withoutAnswer[kind]}.`)]),
  ];
}

function networkRows(at: string, kind: ProbeKind): readonly FargateRow[] {
  const unreachable =
    "The node cannot reach the task to ask it: use a command, or set network: routed where there is a route.";
  return overNetwork.flatMap((action) => {
    const path = `${at}.${action}`;
    const asked = on(routed, kept(path, "Kept: the node asks at the task's own address."));
    if (kind !== "readiness") {
      const sentence = `Not asked, because the node cannot reach the task: ${withoutAnswer[kind]}.`;
      const unasked = on(unrouted, changed(path, sentence, isMentioned));
      return kind === "startup" ? [asked, unasked, ...notAwaited(at, action)] : [asked, unasked];
    }
    return [
      asked,
      on(both(unrouted, readinessRefused), refused(path, unreachable, isMentioned)),
      on(both(unrouted, readinessRunning), changed(path, readyWhenRunning, isMentioned)),
    ];
  });
}

/** ECS knows the answers of its own health check alone. */
function notAwaited(at: string, action: string): FargateRow[] {
  if (!at.startsWith("spec.initContainers")) return [];
  const sentence = "What comes after a sidecar waits until it runs, and for a startup probe only if that is a command.";
  return [on(routed, changed(`${at}.${action}`, sentence, isMentioned))];
}

type NumberField = keyof typeof ranges;

const fields = Object.keys(ranges) as readonly NumberField[];

function numberRows(at: string, kind: ProbeKind): readonly FargateRow[] {
  return fields.flatMap((field): FargateRow[] => {
    const path = `${at}.${kind}Probe.${field}`;
    const { least, most } = ranges[field];
    const between = least === most ? `${least} alone` : `${least} to ${most}`;
    return [
      kept(path, "Kept."),
      {
        path,
        effect: "changed",
        sentence: `Of a command, ECS takes ${between}: the nearest counts.`,
        find: inProbes(at, kind, field, (_, probe) => isCommand(probe) && isOutOfRange(field, numberOf(probe, field))),
      },
    ];
  });
}

type ProbePart = NonNullable<ReturnType<typeof probeOf>>;

/** The paths of this field in the probes of this kind, of the containers in this list, for which the test holds. */
function inProbes(
  at: string,
  kind: ProbeKind,
  field: string,
  test: (written: Written, probe: ProbePart) => boolean,
): (pod: Pod) => readonly string[] {
  const list = at.replace("[]", "");
  return (pod) =>
    writtenContainers(pod).flatMap((written) => {
      const probe = probeOf(written.container, kind);
      const isHere = written.path.startsWith(`${list}[`);
      return isHere && probe && test(written, probe) ? [`${written.path}.${kind}Probe.${field}`] : [];
    });
}
