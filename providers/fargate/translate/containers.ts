import type { ContainerDefinition, KeyValuePair, PortMapping } from "@aws-sdk/client-ecs";
import { type ResolvedContainer, type ResolvedPod, writtenOf } from "../../../src/provider.ts";
import type { Injected } from "../files/injected.ts";
import { labels } from "../request.ts";
import type { Confided } from "../secrets/variables.ts";
import { statsHelper } from "../stats/helper.ts";
import { mostContainers } from "./budgets.ts";
import type { TranslateContext } from "./context.ts";
import { type Width, wordsAndVariables } from "./environment.ts";
import { checkOf } from "./health-check.ts";
import { placesOf, sentinelOf } from "./order.ts";
import { capabilitiesOf, securityOf } from "./security.ts";
import { mountsOf } from "./volumes.ts";

/** Longest stopTimeout of Fargate, in seconds. No source tells the shortest; 0 would be no time to end in. */
export const longestGrace = 120;

/** Every container of the pod in its order, and helpers where they are needed. What all pods of a template share. */
export function containerDefinitions(
  { pod, context, injected, confided }: Pick<Contents, "pod" | "context" | "injected" | "confided">,
  width: Width,
): ContainerDefinition[] {
  const places = placesOf(pod, injected !== undefined);
  const ports = portsByContainer(pod);
  const sentinel = sentinelOf(pod, context.config.helperImage, injected !== undefined);
  const own = pod.containers.map((container, index): ContainerDefinition => {
    const { container: raw, kind } = writtenOf(pod.pod, container);
    const { essential = false, dependsOn = [] } = places.get(container.name) ?? {};
    const check = checkOf({ container: raw, kind });
    const portMappings = ports.get(container.name) ?? [];
    return {
      name: container.name,
      image: container.image,
      essential,
      ...wordsAndVariables(pod, container, width).shared,
      ...confidedTo(container, confided),
      ...(container.workingDir !== undefined && { workingDirectory: container.workingDir }),
      ...(dependsOn.length > 0 && { dependsOn: [...dependsOn] }),
      ...(portMappings.length > 0 && { portMappings }),
      ...(check && { healthCheck: check.healthCheck }),
      ...securityOf(pod.pod, raw),
      ...mountsAndCapabilities(pod, container),
      ...(container.stdin && { interactive: true }),
      ...(container.tty && { pseudoTerminal: true }),
      stopTimeout: Math.min(longestGrace, Math.max(1, pod.graceSeconds)),
      logConfiguration: logsOf(context, context.config.logs),
      dockerLabels: {
        [labels.kind]: container.kind,
        [labels.index]: String(index),
        ...(check && { [labels.probes]: check.probes.join(",") }),
      },
    };
  });
  const first = injected && {
    ...injected.definition,
    ...environmentOf(width === "wide" ? [] : injected.shared),
    logConfiguration: logsOf(context, context.config.logs),
  };
  const needed = [...own, ...(first === undefined ? [] : [first]), ...(sentinel === undefined ? [] : [sentinel])];
  const stats = statsHelper(context.config, logsOf(context, hasty), pod.containers.length);
  // A pod that fills its task runs without: it is no reason to refuse one.
  return stats === undefined || needed.length >= mostContainers ? needed : [...needed, stats];
}

/** What goes into one pod's task, in all. */
export interface Contents {
  readonly pod: ResolvedPod;
  readonly context: TranslateContext;
  readonly injected: Injected | undefined;
  readonly confided: Confided;
}

export function environmentOf(environment: readonly KeyValuePair[]): Pick<ContainerDefinition, "environment"> {
  return environment.length > 0 ? { environment: [...environment] } : {};
}

function confidedTo(
  { name }: ResolvedContainer,
  { secrets, logins }: Confided,
): Pick<ContainerDefinition, "secrets" | "repositoryCredentials"> {
  const [variables = [], login] = [secrets.get(name), logins.get(name)];
  return {
    ...(variables.length > 0 && { secrets: [...variables] }),
    ...(login !== undefined && { repositoryCredentials: { credentialsParameter: login } }),
  };
}

function mountsAndCapabilities(
  pod: ResolvedPod,
  container: ResolvedContainer,
): Pick<ContainerDefinition, "mountPoints" | "linuxParameters"> {
  const { tmpfs, ...mountPoints } = mountsOf(pod, container);
  const capabilities = capabilitiesOf(writtenOf(pod.pod, container).container);
  const linuxParameters = { ...(capabilities && { capabilities }), ...(tmpfs.length > 0 && { tmpfs }) };
  return { ...mountPoints, ...(Object.keys(linuxParameters).length > 0 && { linuxParameters }) };
}

/** For people and security tools only: a task's ports are open as its security groups say. Each once in a task. */
function portsByContainer({ containers }: ResolvedPod): ReadonlyMap<string, PortMapping[]> {
  const seen = new Set<string>();
  return new Map(
    containers.map(({ name, ports }) => [
      name,
      ports.flatMap(({ containerPort, protocol }): PortMapping[] => {
        const key = `${containerPort}/${protocol}`;
        if (seen.has(key)) return [];
        seen.add(key);
        return [{ containerPort, protocol: protocol === "UDP" ? "udp" : "tcp" }];
      }),
    ]),
  );
}

/** Part of the stream's name, `<prefix>/<container>/<task id>`. */
export const streamPrefix = "bl";

type Delivery = Pick<TranslateContext["config"]["logs"], "mode" | "bufferSize">;

/** Of readings: one that cannot be sent soon is of no use any more. */
const hasty: Delivery = { mode: "non-blocking", bufferSize: "1m" };

/** The mode is always said: its default changed in June 2025. */
function logsOf(
  { config, region }: TranslateContext,
  { mode, bufferSize }: Delivery,
): ContainerDefinition["logConfiguration"] {
  return {
    logDriver: "awslogs",
    options: {
      "awslogs-group": config.logs.group,
      "awslogs-region": region,
      "awslogs-stream-prefix": streamPrefix,
      mode,
      ...(mode === "non-blocking" && { "max-buffer-size": bufferSize }),
    },
  };
}
