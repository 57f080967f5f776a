import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";

import { rfc3339 } from "../../model/clock.ts";
import type { Clock, Log } from "../../provider.ts";
import type { KeyAndCertificate } from "./certificate.ts";
import { validity, waitUntil, type ServingCertificate, type ServingState } from "./source.ts";

/** As often as the kubelet looks at its files. */
const rereadMs = 60_000;

export interface CertificateFiles {
  /** PEM: the certificate, then those that lead to its root. */
  readonly certFile: string;
  readonly keyFile: string;
  /** Where the API server connects; the certificate should be for all of them. */
  readonly addresses: readonly string[];
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
        log.info("Serving certificate read anew", { certFile: files.certFile });
      }
    } catch (error) {
      trouble = (error as Error).message;
      if (trouble !== before.trouble) log.error("The serving certificate cannot be used", { err: trouble });
    }
    return present !== before.present || trouble !== before.trouble;
  };

  return {
    present: () => present,
    state: () => stateOf(files, present, trouble, clock.now()),
    async run(signal, changed) {
      while (!signal.aborted) {
        await waitUntil(clock.now() + rereadMs, clock, signal);
        if (!signal.aborted && (await read())) changed();
      }
    },
  };
}

function stateOf(
  { certFile, addresses }: CertificateFiles,
  { cert }: KeyAndCertificate,
  trouble: string | undefined,
  now: number,
): ServingState {
  const until = rfc3339(validity(cert).notAfter);
  const certificate = new X509Certificate(cert);
  const strange = addresses.filter((address) => certificate.checkIP(address) === undefined);
  if (trouble !== undefined) {
    return { fits: false, reason: "FilesUnusable", message: `${trouble}; the former certificate is still served` };
  }
  if (now >= validity(cert).notAfter) {
    return { fits: false, reason: "Expired", message: `the certificate of ${certFile} has expired at ${until}` };
  }
  if (strange.length > 0) {
    const message = `the certificate of ${certFile} is not for ${strange.join(", ")}: an API server that verifies kubelets refuses it`;
    return { fits: false, reason: "OtherAddress", message };
  }
  return { fits: true, reason: "Files", message: `the certificate of ${certFile} is valid until ${until}` };
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
