import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";

import type { Cluster } from "../cluster/cluster.ts";
import type { Clock, Log } from "../provider.ts";
import { send, text } from "./answer.ts";
import { admission, type Admit } from "./auth/admit.ts";
import { authenticator } from "./auth/authn.ts";
import { authorizer } from "./auth/authz.ts";
import { clientTrust, secureContext } from "./auth/client-trust.ts";
import type { KeyAndCertificate } from "./serving/certificate.ts";
import type { AccessSettings } from "./auth/settings.ts";
import type { Direct } from "./destination.ts";
import { handlers } from "./handlers.ts";
import { createUpgrades, leadsToStream } from "./upgrade/upgrades.ts";

export interface KubeletServerOptions {
  /** The address to listen on. */
  readonly address: string;
  /** 0: any free one. */
  readonly port: number;
  readonly certificate: KeyAndCertificate;
  /** PEM of the CA whose client certificates count; asked again every minute. */
  readonly clientCA: () => Promise<string | undefined>;
  readonly reviewer: Pick<Cluster, "reviewToken" | "reviewAccess">;
  readonly access: AccessSettings;
  /** To which virtual node a request goes. */
  readonly direct: Direct;
  readonly clock: Clock;
  readonly log: Log;
}

export interface KubeletServer {
  readonly port: number;
  /** Serves this certificate to new connections. Throws when key and certificate do not belong together. */
  replaceCertificate(certificate: KeyAndCertificate): void;
  /** Ends every connection, open streams too. */
  close(): Promise<void>;
}

/** The API server and scrapers keep idle connections for 90 s; closing them first would race with their requests. */
const keepAliveMs = 95_000;

/** The HTTPS API of a virtual node, or of several. Resolves when it listens. */
export async function startKubeletServer(options: KubeletServerOptions): Promise<KubeletServer> {
  const { certificate, clientCA, reviewer, access, direct, clock, log } = options;
  const server = createServer({
    ...secureContext(certificate, undefined),
    // SPDY and WebSocket upgrades exist in HTTP/1.1 alone.
    ALPNProtocols: ["http/1.1"],
    requestCert: true,
    // Callers with a bearer token have no certificate; authentication decides per request.
    rejectUnauthorized: false,
    maxHeaderSize: 1 << 20,
    keepAliveTimeout: keepAliveMs,
    // Streams last for hours; headersTimeout still bounds how long a request may take to arrive.
    requestTimeout: 0,
    // Elsewhere an upgrade is asked for in vain, and the request is answered as if it had not been.
    shouldUpgradeCallback: (req) => leadsToStream(direct, req),
  });
  const trust = await clientTrust({ server, certificate, clientCA, clock, log });
  const admit = admission({
    authenticate: authenticator({ reviewer, trusts: trust.trusts, settings: access, clock, log }),
    authorize: authorizer(reviewer, access, clock),
    direct,
    log,
  });
  const upgrades = createUpgrades({ admit, clock, log });
  server.on("request", requestListener(admit, log));
  server.on("upgrade", upgrades.begin);
  server.on("tlsClientError", (err) => log.debug("A TLS handshake failed", { err }));
  try {
    await listening(server, options);
  } catch (error) {
    trust.close();
    throw error;
  }
  const { port } = server.address() as AddressInfo;
  log.info("Serving the kubelet API", { address: options.address, port });

  return {
    port,
    replaceCertificate: trust.replaceCertificate,
    async close() {
      trust.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await upgrades.close();
      await closed;
    },
  };
}

function requestListener(admit: Admit, log: Log): RequestListener {
  const serve = async (req: IncomingMessage, res: ServerResponse, signal: AbortSignal): Promise<void> => {
    const outcome = await admit(req);
    if ("status" in outcome) return send(res, outcome);
    const { node, route, query } = outcome;
    await handlers[route.name]({ req, res, params: route.params, query, signal }, node);
  };
  return (req, res) => {
    const gone = new AbortController();
    res.once("close", () => gone.abort(new Error("the client is gone")));
    // Without a listener an error on a response would end the process.
    res.on("error", () => undefined);
    serve(req, res, gone.signal).catch((err: unknown) => {
      if (gone.signal.aborted) return;
      log.error("A request to the kubelet API failed", { err, path: req.url?.split("?")[0] });
      if (res.headersSent) res.destroy();
      else send(res, text(500, "Internal error occurred"));
    });
  };
}

function listening(server: Server, { address, port }: { address: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, address, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
