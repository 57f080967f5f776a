import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";

import { rfc3339 } from "../../model/clock.ts";
import type { Clock, Log } from "../../provider.ts";
import type { KeyAndCertificate } from "./certificate.ts";
import { validity, waitUntil, type ServingCertificate } from "./source.ts";

/** As often as the kubelet looks at its files. */
const rereadMs = 60_000;

export interface CertificateFiles {
  /** PEM: the certificate, then those that lead to its root. */
  readonly certFile: string;
  readonly keyFile: string;
}

/**
 * A certificate that somebody else keeps in two files; read again every minute. What cannot be used leaves the former
 * one in use, and is told. Rejects with a sentence for the user when it cannot be used from the start.
 */
export async function fromFiles(files: CertificateFiles, clock: Clock, log: Log): Promise<ServingCertificate> {
  let present = await readPair(files);
  let trouble: string | undefined;

  const read = async (): Promise<boolean> => {
    const before = { present, trouble };
    try {
      const next = await readPair(files);
      trouble = undefined;
      if (next.cert !== present.cert || next.key !== present.key) {
        present = next;
        log.info("Serving certificate read anew", { certFile: files.certFile, until: untilOf(present) });
      }
    } catch (error) {
      trouble = (error as Error).message;
      if (trouble !== before.trouble) log.error("The serving certificate cannot be used", { err: trouble });
    }
    return present !== before.present || trouble !== before.trouble;
  };

  return {
    present: () => present,
    state() {
      const until = untilOf(present);
      if (trouble !== undefined) {
        return { fits: false, reason: "FilesUnusable", message: `${trouble}; the former certificate is still served` };
      }
      return clock.now() < validity(present.cert).notAfter
        ? { fits: true, reason: "Files", message: `the certificate of ${files.certFile} is valid until ${until}` }
        : { fits: false, reason: "Expired", message: `the certificate of ${files.certFile} has expired at ${until}` };
    },
    async run(signal, changed) {
      while (!signal.aborted) {
        await waitUntil(clock.now() + rereadMs, clock, signal);
        if (!signal.aborted && (await read())) changed();
      }
    },
  };
}

async function readPair({ certFile, keyFile }: CertificateFiles): Promise<KeyAndCertificate> {
  const [cert, key] = await Promise.all([readFile(certFile, "utf8"), readFile(keyFile, "utf8")]);
  const certificate = understood(certFile, "a PEM certificate", () => new X509Certificate(cert));
  const privateKey = understood(keyFile, "a PEM private key without a passphrase", () => createPrivateKey(key));
  if (!certificate.checkPrivateKey(privateKey)) throw new Error(`${keyFile} is not the key of ${certFile}`);
  // OpenSSL refuses more: keys that are too short, for one.
  createSecureContext({ cert, key });
  return { cert, key };
}

function understood<T>(file: string, what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new Error(`${file} does not hold ${what}`, { cause });
  }
}

function untilOf(pair: KeyAndCertificate): string {
  return rfc3339(validity(pair.cert).notAfter);
}
