import { generateKeyPairSync, randomBytes, sign, type KeyObject } from "node:crypto";
import { isIP, isIPv4 } from "node:net";

import {
  bitString,
  boolean,
  explicit,
  implicit,
  integer,
  octetString,
  oid,
  pem,
  sequence,
  setOf,
  time,
  utf8,
} from "./der.ts";

/** PEM texts. */
export interface KeyAndCertificate {
  readonly cert: string;
  readonly key: string;
}

export interface Subject {
  readonly commonName: string;
  readonly organizations?: readonly string[];
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
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  commonName: "2.5.4.3",
  organization: "2.5.4.10",
  basicConstraints: "2.5.29.19",
  keyUsage: "2.5.29.15",
  extKeyUsage: "2.5.29.37",
  subjectAltName: "2.5.29.17",
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
} as const;

const hour = 3_600_000;
const year = 365 * 24 * hour;

/**
 * A serving certificate for one virtual node, signed by its own key: what a kubelet makes for itself while it has
 * none from the cluster. API servers accept it unless they run with --kubelet-certificate-authority.
 */
export function selfSignedCertificate(node: {
  name: string;
  addresses: readonly string[];
  now: number;
}): KeyAndCertificate {
  return issueCertificate({
    // The shape that the kubernetes.io/kubelet-serving signer demands, so that a CSR can ask for the same.
    subject: { commonName: `system:node:${node.name}`, organizations: ["system:nodes"] },
    names: [node.name, ...node.addresses],
    usage: "serverAuth",
    // An hour back, for clients whose clock is behind ours.
    notBefore: node.now - hour,
    notAfter: node.now + year,
  });
}

/** A new P-256 key with a certificate for it, signed by the issuer or, without one, by itself. */
export function issueCertificate(
  template: CertificateTemplate,
  issuer?: { subject: Subject; key: KeyObject | string },
): KeyAndCertificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const algorithm = sequence(oid(oids.ecdsaWithSha256));
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

function distinguishedName(subject: Subject): Buffer {
  const part = (type: string, text: string): Buffer => setOf(sequence(oid(type), utf8(text)));
  return sequence(
    ...(subject.organizations ?? []).map((organization) => part(oids.organization, organization)),
    part(oids.commonName, subject.commonName),
  );
}

function extensions(template: CertificateTemplate): Buffer[] {
  const isCA = template.usage === "ca";
  const list = [
    extension(oids.basicConstraints, true, isCA ? sequence(boolean(true)) : sequence()),
    // digitalSignature is bit 0, keyCertSign bit 5.
    extension(oids.keyUsage, true, isCA ? bitString(Buffer.from([0b0000_0100]), 2) : bitString(Buffer.from([0x80]), 7)),
  ];
  if (template.usage !== "ca") list.push(extension(oids.extKeyUsage, false, sequence(oid(oids[template.usage]))));
  if (template.names !== undefined)
    list.push(extension(oids.subjectAltName, false, sequence(...template.names.map(altName))));
  return list;
}

function extension(type: string, critical: boolean, value: Buffer): Buffer {
  return sequence(oid(type), ...(critical ? [boolean(true)] : []), octetString(value));
}

function altName(name: string): Buffer {
  return isIP(name) === 0 ? implicit(2, Buffer.from(name)) : implicit(7, ipBytes(name));
}

function ipBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split(".").map(Number));
  // The URL parser writes every IPv6 address, also one with an IPv4 tail, in one canonical form.
  const canonical = new URL(`http://[${address.replace(/%.*$/, "")}]`).hostname.slice(1, -1);
  const [head = "", tail] = canonical.split("::");
  const groups = (text: string): string[] => (text === "" ? [] : text.split(":"));
  const before = groups(head);
  const after = groups(tail ?? "");
  const all = [...before, ...Array<string>(8 - before.length - after.length).fill("0"), ...after];
  return Buffer.from(all.map((group) => group.padStart(4, "0")).join(""), "hex");
}
