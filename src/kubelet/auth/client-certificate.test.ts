import type { TLSSocket } from "node:tls";

import { expect, test } from "vitest";

import { certifiedUser } from "./client-certificate.ts";

const clientAuth = ["1.3.6.1.5.5.7.3.2"];
const valid = { subject: { CN: "jane" }, valid_to: "Jan  2 03:04:05 2026 GMT", ext_key_usage: clientAuth };
const notAfter = Date.UTC(2026, 0, 2, 3, 4, 5);

/** What Node tells of a connection; tls.test.ts proves the same over real handshakes where OpenSSL lets it come so far. */
const user = (authorized: boolean, certificate: object | null) =>
  certifiedUser({ authorized, getPeerCertificate: () => certificate } as unknown as TLSSocket);

test.for([
  ["no organisation", valid, []],
  ["one organisation", { ...valid, subject: { CN: "jane", O: "dev" } }, ["dev"]],
  ["several organisations", { ...valid, subject: { CN: "jane", O: ["dev", "ops"] } }, ["dev", "ops"]],
  ["several usages", { ...valid, ext_key_usage: ["1.3.6.1.5.5.7.3.1", ...clientAuth] }, []],
] as const)("a certificate with %s names its user and groups", ([, certificate, groups]) => {
  expect(user(true, certificate)).toEqual({ user: { username: "jane", groups }, notAfter });
});

test.for([
  // Old versions of Node say `authorized` on a resumed session without any certificate.
  ["without a certificate", true, {}],
  ["with null for a certificate", true, null],
  ["whose certificate was not verified", false, valid],
  ["without a common name", true, { ...valid, subject: { O: "dev" } }],
  ["with an empty common name", true, { ...valid, subject: { CN: "" } }],
  ["with two common names", true, { ...valid, subject: { CN: ["jane", "admin"] } }],
  ["without a usage", true, { ...valid, ext_key_usage: undefined }],
  ["with the usage of a server", true, { ...valid, ext_key_usage: ["1.3.6.1.5.5.7.3.1"] }],
  ["without an end", true, { ...valid, valid_to: undefined }],
] as const)("a connection %s is nobody's", ([, authorized, certificate]) => {
  expect(user(authorized, certificate)).toBeUndefined();
});
