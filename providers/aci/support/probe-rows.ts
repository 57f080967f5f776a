import {
  changed,
  isMentioned,
  isSet,
  kept,
  type Pod,
  refused,
  writtenContainers,
  both,
} from "../../../src/provider.ts";
import { portOf } from "../translate/probes.ts";
import { type AciRow, on, readinessRefused, readinessRunning, routed, unrouted } from "./row.ts";

const kinds = ["startup", "readiness", "liveness"] as const;
const numbers = ["failureThreshold", "initialDelaySeconds", "periodSeconds", "successThreshold", "timeoutSeconds"];

const asked = "Kept: the node asks at the group's own address.";
const readyWhenRunning = "Not asked, as the node's configuration allows: the container is ready while it runs.";
const unreachable = "The node cannot reach the group to ask it: set network: routed where there is a route.";
const hanging = "Not asked: of liveness Azure asks commands and httpGet alone, so a program that hangs is not ended.";
const started =
  "Not asked: the container counts as started while it runs; liveness is asked only when it would have failed.";
const awaited =
  "The node asks at the group's own address, and the container is not ready before it succeeds; nobody ends one that never does.";

/** The three probes of a container. */
export function probeRows(at: string): readonly AciRow[] {
  return [
    ...livenessRows(`${at}.livenessProbe`),
    ...readinessRows(`${at}.readinessProbe`),
    ...startupRows(`${at}.startupProbe`),
    ...kinds.flatMap((kind) => [
      ...numbers.map((field) => kept(`${at}.${kind}Probe.${field}`, "Kept.")),
      changed(
        `${at}.${kind}Probe.terminationGracePeriodSeconds`,
        "Azure gives a container its own time to end, whatever ends it.",
        isMentioned,
      ),
    ]),
  ];
}

/** Asked by Azure itself, which ends and starts the container again. */
function livenessRows(at: string): readonly AciRow[] {
  return [
    kept(`${at}.exec`, "Kept: Azure asks."),
    kept(`${at}.httpGet`, "Kept: Azure asks."),
    refused(`${at}.httpGet.host`, "Azure asks the container itself and no other host: remove host.", isSet),
    {
      path: `${at}.httpGet.port`,
      effect: "refused",
      sentence: "The container has no port of that name: name one, or say its number.",
      find: (pod) => unnamedPorts(pod, at),
    },
    changed(`${at}.tcpSocket`, hanging, isMentioned),
    changed(`${at}.grpc`, hanging, isMentioned),
  ];
}

/** Azure would ask and not tell the answer, so nobody but the node can. */
function readinessRows(at: string): readonly AciRow[] {
  const unanswered =
    "Azure does not tell how a command has ended: use a probe over the network on a node with network: routed.";
  return [
    on(readinessRefused, refused(`${at}.exec`, unanswered, isMentioned)),
    on(readinessRunning, changed(`${at}.exec`, readyWhenRunning, isMentioned)),
    ...["httpGet", "tcpSocket", "grpc"].flatMap((action) => [
      on(routed, kept(`${at}.${action}`, asked)),
      on(both(unrouted, readinessRefused), refused(`${at}.${action}`, unreachable, isMentioned)),
      on(both(unrouted, readinessRunning), changed(`${at}.${action}`, readyWhenRunning, isMentioned)),
    ]),
  ];
}

function startupRows(at: string): readonly AciRow[] {
  return [
    changed(`${at}.exec`, started, isMentioned),
    ...["httpGet", "tcpSocket", "grpc"].flatMap((action) => [
      on(routed, changed(`${at}.${action}`, awaited, isMentioned)),
      on(unrouted, changed(`${at}.${action}`, started, isMentioned)),
    ]),
  ];
}

function unnamedPorts(pod: Pod, at: string): readonly string[] {
  const list = at.slice(0, at.indexOf("[]"));
  return writtenContainers(pod).flatMap(({ container, path }) => {
    const port = container.livenessProbe?.httpGet?.port;
    const isUnknown = port !== undefined && path.startsWith(`${list}[`) && portOf(port, container) === undefined;
    return isUnknown ? [`${path}.livenessProbe.httpGet.port`] : [];
  });
}
