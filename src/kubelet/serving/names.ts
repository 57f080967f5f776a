/** Who a certificate is for, and how that is written (RFC 5280 4.1.2.4 and 4.2.1.6). */
import { isIP, isIPv4 } from "node:net";

import { boolean, implicit, octetString, oid, sequence, setOf, utf8 } from "./der.ts";

export interface Subject {
  readonly commonName: string;
  readonly organizations?: readonly string[];
}

/** What a serving certificate says of its server. */
export interface ServingIdentity {
  readonly subject: Subject;
  /** DNS names and IP addresses; at least one. */
  readonly names: readonly string[];
}

/**
 * The identity of the server of these nodes, as the signer kubernetes.io/kubelet-serving demands it
 * (k8s.io/kubernetes pkg/apis/certificates/helpers.go): one node's name in the subject, and DNS names and addresses
 * alone. Clients look for the name they connect to among the latter; the API server connects to an address.
 */
export function servingIdentity(
  nodeNames: readonly [string, ...string[]],
  addresses: readonly string[],
): ServingIdentity {
  return {
    subject: { commonName: `system:node:${nodeNames[0]}`, organizations: ["system:nodes"] },
    names: [...nodeNames, ...new Set(addresses)],
  };
}

const oids = { commonName: "2.5.4.3", organization: "2.5.4.10", subjectAltName: "2.5.29.17" } as const;

export function distinguishedName(subject: Subject): Buffer {
  const part = (type: string, text: string): Buffer => setOf(sequence(oid(type), utf8(text)));
  return sequence(
    ...(subject.organizations ?? []).map((organization) => part(oids.organization, organization)),
    part(oids.commonName, subject.commonName),
  );
}

/** `value`: the DER of what the extension says. */
export function extension(type: string, critical: boolean, value: Buffer): Buffer {
  return sequence(oid(type), ...(critical ? [boolean(true)] : []), octetString(value));
}

export function alternativeNames(names: readonly string[]): Buffer {
  return extension(oids.subjectAltName, false, sequence(...names.map(altName)));
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
