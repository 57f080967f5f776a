import { constants, X509Certificate } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { Server } from "node:https";
import type { Socket } from "node:net";
import type { SecureContextOptions, TLSSocket } from "node:tls";

import type { Clock, Log } from "../../provider.ts";
import type { KeyAndCertificate } from "../serving/certificate.ts";

/** A rotation adds the new CA long before it drops the old one, so a minute late is early enough. */
const rereadMs = 60_000;
/** Until the first CA is there no certificate counts, so its absence is asked about more often. */
const firstReadMs = 5_000;

export interface ClientTrust {
  /** Was the certificate on this connection checked against the present client CA? */
  readonly trusts: (socket: TLSSocket) => boolean;
  readonly replaceCertificate: (certificate: KeyAndCertificate) => void;
  readonly close: () => void;
}

/** What a TLS handshake goes by. Complete, because setting a context forgets the options of the one before. */
export function secureContext(certificate: KeyAndCertificate, clientCA: string | undefined): SecureContextOptions {
  return {
    minVersion: "TLSv1.2",
    // No resumed sessions: they would carry a client's identity past a change of the client CA.
    secureOptions: constants.SSL_OP_NO_TICKET,
    // Not `undefined`: Node would take its built-in public roots.
    ca: clientCA ?? [],
    ...certificate,
  };
}

/**
 * Keeps a server's client CA and serving certificate up to date. A connection is bound to the CA with which its
 * handshake began: when the CA changes, idle connections end at once, busy ones after their response, and none of
 * them is believed any more. Without a CA no certificate is believed.
 */
export async function clientTrust(options: {
  server: Server;
  certificate: KeyAndCertificate;
  clientCA: () => Promise<string | undefined>;
  clock: Clock;
  log: Log;
}): Promise<ClientTrust> {
  const { server, clock, log } = options;
  let certificate = options.certificate;
  let present: Trust = { ca: undefined };
  let stop = (): void => undefined;
  let closed = false;

  const checkedAgainst = handshakeTrust(server, () => present);
  const apply = (ca: string | undefined): void => server.setSecureContext(secureContext(certificate, ca));

  const read = async (): Promise<void> => {
    try {
      const ca = await options.clientCA();
      if (closed || ca === present.ca) return;
      if (ca !== undefined) checkCertificates(ca);
      apply(ca);
      present = { ca };
      server.closeIdleConnections();
      log.info(ca === undefined ? "No client CA: client certificates do not count" : "Client CA loaded");
    } catch (err) {
      log.warn("The client CA could not be read", { err, inUse: present.ca !== undefined });
    }
  };
  const schedule = (): void => {
    if (closed) return;
    stop = clock.after(present.ca === undefined ? firstReadMs : rereadMs, () => void read().then(schedule));
  };
  await read();
  schedule();

  return {
    trusts: (socket) => present.ca !== undefined && checkedAgainst(socket) === present,
    replaceCertificate(next) {
      const before = certificate;
      certificate = next;
      try {
        apply(present.ca);
      } catch (error) {
        certificate = before;
        throw error;
      }
    },
    close() {
      closed = true;
      stop();
    },
  };
}

/** OpenSSL passes over what it cannot read, and would leave us without a CA where there was a good one. */
function checkCertificates(pem: string): void {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  const read = blocks.map((block) => new X509Certificate(block));
  if (read.length === 0) throw new Error("the client CA holds no PEM certificate");
}

/** One client CA in its time of use; compared by identity. */
interface Trust {
  readonly ca: string | undefined;
}

/** Which trust was the present one when a connection's handshake began; ends connections that outlive theirs. */
function handshakeTrust(server: Server, present: () => Trust): (socket: Socket) => Trust | undefined {
  // A TLSSocket does not tell which raw connection it came from, but they share the client's address and port.
  const begun = new Map<string, { readonly trust: Trust }>();
  const known = new WeakMap<Socket, Trust>();
  const peer = (socket: Socket): string => `${socket.remoteAddress} ${socket.remotePort}`;
  server.on("connection", (raw: Socket) => {
    const key = peer(raw);
    const entry = { trust: present() };
    begun.set(key, entry);
    raw.once("close", () => {
      if (begun.get(key) === entry) begun.delete(key);
    });
  });
  server.on("secureConnection", (socket: TLSSocket) => {
    const entry = begun.get(peer(socket));
    if (entry !== undefined) known.set(socket, entry.trust);
    begun.delete(peer(socket));
  });
  server.on("request", ({ socket }, res: ServerResponse) => {
    res.once("close", () => {
      if (known.get(socket) !== present()) socket.destroySoon();
    });
  });
  return (socket) => known.get(socket);
}
