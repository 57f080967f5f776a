import type { Clock } from "../../provider.ts";
import { selfSignedCertificate } from "./certificate.ts";
import type { ServingIdentity } from "./names.ts";
import { validity, waitUntil, type ServingCertificate } from "./source.ts";

/** Of its year; what is left is time for clients that keep certificates. */
const renewAfter = 0.8;

/** What a port serves unless the configuration says otherwise: renewed, with a new key, long before its year ends. */
export function selfSigned(identity: ServingIdentity, clock: Clock): ServingCertificate {
  let present = selfSignedCertificate(identity, clock.now());
  return {
    present: () => present,
    state: () => ({
      fits: true,
      reason: "SelfSigned",
      message:
        "the kubelet port serves a certificate that it signed itself; " +
        "an API server with --kubelet-certificate-authority refuses it",
    }),
    async run(signal, changed) {
      while (!signal.aborted) {
        const { notBefore, notAfter } = validity(present.cert);
        await waitUntil(notBefore + renewAfter * (notAfter - notBefore), clock, signal);
        if (signal.aborted) return;
        present = selfSignedCertificate(identity, clock.now());
        changed();
      }
    },
  };
}
