import { generateKeyPairSync, randomBytes, sign, type KeyObject } from "node:crypto";

import { bitString, boolean, explicit, integer, oid, pem, sequence, time } from "./der.ts";
import { alternativeNames, distinguishedName, extension, type ServingIdentity, type Subject } from "./names.ts";

/** PEM texts. */
export interface KeyAndCertificate {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateTemplate {
  readonly subject: Subject;
  /** DNS names and IP addresses. */
  readonly names?: readonly string[];
  readonly usage: "serverAuth" | "clientAuth" | "ca";
  /** Milliseconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
}

const oids = {
  basicConstraints: "2.5.29.19",
  keyUsage: "2.5.29.15",
  extKeyUsage: "2.5.29.37",
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
} as const;

/** Of a signature with a P-256 key. */
export const ecdsaWithSha256 = "1.2.840.10045.4.3.2";

const hour = 3_600_000;
const year = 365 * 24 * hour;

/**
 * A serving certificate signed by its own key: what a kubelet makes for itself while it has none from the cluster.
 * API servers accept it unless they run with --kubelet-certificate-authority. `now`: milliseconds since 1970.
 */
export function selfSignedCertificate(identity: ServingIdentity, now: number): KeyAndCertificate {
  return issueCertificate({
    ...identity,
    usage: "serverAuth",
    // An hour back, for clients whose clock is behind ours.
    notBefore: now - hour,
    notAfter: now + year,
  });
}

/** A new P-256 key with a certificate for it, signed by the issuer or, without one, by itself. */
export function issueCertificate(
  template: CertificateTemplate,
  issuer?: { subject: Subject; key: KeyObject | string },
): KeyAndCertificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const algorithm = sequence(oid(ecdsaWithSha256));
  const body = sequence(
    explicit(0, integer(Buffer.from([2]))), // v3
    integer(serialNumber()),
    algorithm,
    distinguishedName(issuer?.subject ?? template.subject),
    sequence(time(template.notBefore), time(template.notAfter)),
    distinguishedName(template.subject),
    publicKey.export({ type: "spki", format: "der" }),
    explicit(3, sequence(...extensions(template))),
  );
  const signature = sign("sha256", body, issuer?.key ?? privateKey);
  return {
    cert: pem("CERTIFICATE", sequence(body, algorithm, bitString(signature))),
    key: pem("PRIVATE KEY", privateKey.export({ type: "pkcs8", format: "der" })),
  };
}

/** Positive and at most 20 bytes (RFC 5280 4.1.2.2), random so that no two certificates of one issuer share it. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes;
}

function extensions(template: CertificateTemplate): Buffer[] {
  const isCA = template.usage === "ca";
  const list = [
    extension(oids.basicConstraints, true, isCA ? sequence(boolean(true)) : sequence()),
    // digitalSignature is bit 0, keyCertSign bit 5.
    extension(oids.keyUsage, true, isCA ? bitString(Buffer.from([0b0000_0100]), 2) : bitString(Buffer.from([0x80]), 7)),
  ];
  if (template.usage !== "ca") list.push(extension(oids.extKeyUsage, false, sequence(oid(oids[template.usage]))));
  if (template.names !== undefined) list.push(alternativeNames(template.names));
  return list;
}
