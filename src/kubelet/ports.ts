/** The kubelet ports of one process: one for each node, or one for several nodes where the configuration says so. */
import { readFile } from "node:fs/promises";

import type { Cluster } from "../cluster/cluster.ts";
import type { Configuration, NodeConfiguration } from "../config/schema.ts";
import type { Clock, Log } from "../provider.ts";
import { accessSettings } from "./auth/settings.ts";
import { nodePrefix, toOneNode, toSharingNodes, type SharedPort } from "./destination.ts";
import type { HandlerContext } from "./handler.ts";
import { listenError, type ListenPlace } from "./listen-error.ts";
import { startKubeletServer } from "./server.ts";
import { chosenCertificate } from "./serving/choose.ts";
import { type ServingState, validity } from "./serving/source.ts";

export interface KubeletPortsOptions {
  readonly config: Pick<Configuration, "kubelet" | "nodes">;
  readonly cluster: Pick<Cluster, "clientCA" | "reviewToken" | "reviewAccess" | "certificateRequests">;
  readonly clock: Clock;
  /** 0 ≤ x < 1; spreads the times at which certificates are renewed. */
  readonly random: () => number;
  readonly log: Log;
}

export interface KubeletPorts {
  /** Serves the API of a node of the configuration. Rejects with a sentence for the user when it cannot. */
  open(context: HandlerContext): Promise<NodePort>;
}

/** A node's place on a kubelet port. */
export interface NodePort {
  readonly port: number;
  /** Where scrapers find the node's usage figures, when that is not the usual path. */
  readonly resourceMetricsPath: string | undefined;
  readonly serving: () => ServingState;
  /** When the certificate that is served expires, milliseconds since 1970. */
  readonly certificateEnd: () => number;
  /** Calls `changed` whenever `serving` tells something new. */
  onServing(changed: () => void): void;
  /** Ends every connection of the port once no node is served there any more. */
  close(): Promise<void>;
}

export function createKubeletPorts(options: KubeletPortsOptions): KubeletPorts {
  /** By the name of the first node that is served there. */
  const ports = new Map<string, ReturnType<typeof startPort>>();
  return {
    async open(context) {
      const { nodeName } = context;
      const together = nodesBeside(nodeName, options.config);
      const key = together[0].name;
      const isShared = together.length > 1;
      let starting = ports.get(key);
      if (starting === undefined) {
        starting = startPort(options, together, isShared ? toSharingNodes() : toOnly(context));
        ports.set(key, starting);
      }
      const port = await starting;
      const joined = port.join(context);
      return {
        port: port.number,
        serving: port.serving,
        certificateEnd: port.certificateEnd,
        resourceMetricsPath: isShared ? `${nodePrefix(nodeName)}/metrics/resource` : undefined,
        onServing: joined.onServing,
        async close() {
          if (!joined.leave()) return;
          ports.delete(key);
          await port.close();
        },
      };
    },
  };
}

type Together = readonly [NodeConfiguration, ...NodeConfiguration[]];

/** The nodes on one port with this one, itself among them, in the order of the configuration. */
function nodesBeside(nodeName: string, { kubelet, nodes }: KubeletPortsOptions["config"]): Together {
  const node = nodes.find(({ name }) => name === nodeName);
  if (node === undefined) throw new Error(`node ${nodeName} is not in the configuration`);
  if (!kubelet.sharePort || node.port === 0) return [node];
  const isBeside = ({ address, port }: NodeConfiguration): boolean =>
    port === node.port && (kubelet.address !== undefined || address === node.address);
  const [first = node, ...others] = nodes.filter(isBeside);
  return [first, ...others];
}

/** The target of a port that one node has for itself. */
function toOnly(context: HandlerContext): SharedPort {
  return { direct: toOneNode(context), add: () => () => undefined };
}

function placeOf({ kubelet, nodes }: KubeletPortsOptions["config"], node: NodeConfiguration): ListenPlace {
  const address = kubelet.address ?? node.address ?? "127.0.0.1";
  return { address, port: node.port, index: nodes.indexOf(node), general: kubelet.address !== undefined };
}

async function startPort(options: KubeletPortsOptions, nodes: Together, to: SharedPort) {
  const { config, cluster, clock, log } = options;
  const { kubelet } = config;
  const { clientCAFile } = kubelet.authentication.x509;
  const place = placeOf(config, nodes[0]);
  if (kubelet.authorization.mode === "AlwaysAllow") log.warn(openDoor, { port: place.port });
  const requests = cluster.certificateRequests;
  const certificate = await chosenCertificate({ ...options, kubelet, nodes, requests });
  const server = await startKubeletServer({
    address: place.address,
    port: place.port,
    certificate: certificate.present(),
    clientCA: clientCAFile === undefined ? cluster.clientCA : () => readFile(clientCAFile, "utf8"),
    reviewer: cluster,
    access: accessSettings(kubelet),
    direct: to.direct,
    clock,
    log,
  }).catch((error: unknown) => {
    throw listenError(error, place);
  });

  const stop = new AbortController();
  const members = new Set<{ changed: () => void }>();
  const renewing = certificate.run(stop.signal, () => {
    server.replaceCertificate(certificate.present());
    for (const { changed } of members) changed();
  });

  return {
    number: server.port,
    serving: certificate.state,
    certificateEnd: () => validity(certificate.present().cert).notAfter,
    join(context: HandlerContext) {
      const leave = to.add(context);
      const member = { changed: (): void => undefined };
      members.add(member);
      return {
        onServing: (changed: () => void): void => void (member.changed = changed),
        /** Was this the last one? */
        leave(): boolean {
          leave();
          return members.delete(member) && members.size === 0;
        },
      };
    },
    async close() {
      stop.abort();
      await renewing;
      await server.close();
    },
  };
}

const openDoor =
  "authorization.mode is AlwaysAllow: whoever has a certificate or token of this cluster may run commands in every pod " +
  "of the nodes on this port";
