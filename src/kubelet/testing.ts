/** What the tests of this room share: an own CA, and a kubelet server on loopback with a table of who may do what. */
import { request, type RequestOptions } from "node:https";
import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";

import type { NodeAccess, UserInfo } from "../cluster/cluster.ts";
import type { Clock, Log, Provider } from "../provider.ts";
import { systemClock } from "../telemetry/clock.ts";
import { issueCertificate, selfSignedCertificate, type KeyAndCertificate } from "./serving/certificate.ts";
import { servingIdentity, type Subject } from "./serving/names.ts";
import type { AccessSettings } from "./auth/settings.ts";
import { kubeletSchema } from "../config/fields/kubelet.ts";
import { toOneNode, type Direct } from "./destination.ts";
import type { HandlerContext } from "./handler.ts";
import type { NodeSettings } from "./metrics/configz.ts";
import { createNodeView } from "./metrics/view.ts";
import type { FoundPod, PodLookup } from "./pod-lookup.ts";
import { startKubeletServer, type KubeletServer, type KubeletServerOptions } from "./server.ts";

const day = 86_400_000;
const loopback = "127.0.0.1";

export interface TestAuthority {
  /** PEM. */
  readonly cert: string;
  client(
    subject: Subject,
    change?: { usage?: "clientAuth" | "serverAuth"; from?: number; until?: number },
  ): KeyAndCertificate;
}

/** A CA of the test's own; `from` and `until` in milliseconds from now. */
export function testAuthority(commonName = "test CA"): TestAuthority {
  const now = systemClock.now();
  const subject = { commonName };
  const own = issueCertificate({ subject, usage: "ca", notBefore: now - day, notAfter: now + day });
  return {
    cert: own.cert,
    client: (who, { usage = "clientAuth", from = -day, until = day } = {}) =>
      issueCertificate(
        { subject: who, usage, notBefore: now + from, notAfter: now + until },
        { subject, key: own.key },
      ),
  };
}

export interface TestServer extends KubeletServer {
  /** Sends one request and reads the whole answer. */
  ask(path: string, options?: RequestOptions): Promise<TestAnswer>;
  /** Sends one request and resolves with the answer unread. */
  open(path: string, options?: RequestOptions): Promise<IncomingMessage>;
  readonly reviews: NodeAccess[];
  readonly tokensReviewed: string[];
}

export interface TestAnswer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  readonly socket: TLSSocket;
}

export interface TestServerOptions {
  readonly clientCA?: KubeletServerOptions["clientCA"];
  readonly tokens?: Readonly<Record<string, UserInfo>>;
  readonly allows?: (user: UserInfo, access: NodeAccess) => boolean;
  readonly pods?: readonly FoundPod[];
  readonly provider?: Partial<Provider>;
  readonly clock?: Clock;
  readonly access?: Partial<AccessSettings>;
  readonly nodeName?: string;
  /** Instead of the one node of `nodeName`, `pods` and `provider`. */
  readonly direct?: Direct;
  readonly log?: Log;
}

/** The kubelet's defaults. */
export const usualAccess: AccessSettings = {
  tokens: true,
  tokenMemoryMs: 120_000,
  mode: "Webhook",
  allowMemoryMs: 300_000,
  denyMemoryMs: 30_000,
};

const quiet: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const { nodeName = "burst-1", clock = systemClock, log = quiet } = options;
  const reviews: NodeAccess[] = [];
  const tokensReviewed: string[] = [];
  const server = await startKubeletServer({
    address: loopback,
    port: 0,
    certificate: selfSignedCertificate(servingIdentity([nodeName], [loopback]), systemClock.now()),
    clientCA: options.clientCA ?? (() => Promise.resolve(undefined)),
    reviewer: {
      reviewToken: async (token) => {
        tokensReviewed.push(token);
        return options.tokens?.[token];
      },
      reviewAccess: async (user, access) => {
        reviews.push(access);
        return { allowed: options.allows?.(user, access) ?? true, reason: "" };
      },
    },
    access: { ...usualAccess, ...options.access },
    direct: options.direct ?? toOneNode(testNode(nodeName, options)),
    clock,
    log,
  });
  const open: TestServer["open"] = (path, given) => send({ host: loopback, port: server.port, path, ...given });
  return { ...server, reviews, tokensReviewed, open, ask: async (path, given) => answerOf(await open(path, given)) };
}

/** What the handlers get to know of one node. */
export function testNode(
  nodeName: string,
  { pods = [], provider, clock = systemClock, log = quiet }: TestServerOptions = {},
): HandlerContext {
  const given = { name: "local", restarts: "container", ...provider } as Provider;
  const settings: NodeSettings = {
    node: { address: undefined, maxPods: 3, clusterDNS: [], clusterDomain: "cluster.local" },
    taints: [],
    process: { kubelet: kubeletSchema.parse({}), configMapAndSecretChangeDetectionStrategy: "Cache" },
  };
  return {
    nodeName,
    pods: podTable(pods),
    provider: given,
    health: [],
    view: createNodeView({
      provider: given,
      settings,
      metrics: async () => "# no metrics\n",
      probes: async () => "# no probes\n",
      clock,
      log,
    }),
    clock,
    log,
  };
}

function podTable(pods: readonly FoundPod[]): PodLookup {
  return {
    list: () => pods.map((found) => found.pod),
    running: () => pods.filter((found) => found.task !== undefined).map((found) => found.pod),
    find: (namespace, name) =>
      pods.find(({ pod }) => pod.metadata?.namespace === namespace && pod.metadata.name === name),
  };
}

function send(options: RequestOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    // The server's certificate is its own; `agent: false` makes a connection of its own for each request.
    const sent = request({ rejectUnauthorized: false, agent: false, ...options }, resolve);
    sent.on("error", reject);
    sent.end();
  });
}

async function answerOf(response: IncomingMessage): Promise<TestAnswer> {
  const socket = response.socket as TLSSocket;
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: Buffer.concat(chunks).toString(),
    socket,
  };
}
