import type { PeerCertificate, TLSSocket } from "node:tls";

import type { UserInfo } from "../../cluster/cluster.ts";
import { parseTime } from "../../model/clock.ts";

const clientAuth = "1.3.6.1.5.5.7.3.2";

export interface CertifiedUser {
  readonly user: UserInfo;
  /** Milliseconds since 1970: a connection may outlive its certificate. */
  readonly notAfter: number;
}

/**
 * Who the connection's client certificate says it is: CN is the user, each O a group. `undefined` without one that
 * the client CA signed for client authentication.
 *
 * `authorized` alone proves nothing: on a resumed session without any certificate some versions of Node set it
 * (nodejs/node#35317), so a certificate must be there too.
 */
export function certifiedUser(socket: TLSSocket): CertifiedUser | undefined {
  if (!socket.authorized) return undefined;
  // An empty object where there is none.
  const certificate: Partial<PeerCertificate> = socket.getPeerCertificate() ?? {};
  const name = certificate.subject?.CN;
  const notAfter = parseTime(certificate.valid_to);
  // Several common names: nobody can say which one is meant.
  if (notAfter === undefined || typeof name !== "string" || name === "") return undefined;
  if (!(certificate.ext_key_usage ?? []).includes(clientAuth)) return undefined;
  const organizations = certificate.subject?.O;
  return {
    user: { username: name, groups: organizations === undefined ? [] : [organizations].flat() },
    notAfter,
  };
}
