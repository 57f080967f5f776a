import { generateKeyPairSync, sign } from "node:crypto";

import { ecdsaWithSha256 } from "./certificate.ts";
import { bitString, explicit, integer, oid, pem, sequence, setOf } from "./der.ts";
import { alternativeNames, distinguishedName, type ServingIdentity } from "./names.ts";

/** PEM texts. */
export interface SigningRequest {
  readonly request: string;
  /** Never leaves this process. */
  readonly key: string;
}

/** PKCS #9: the extensions that the certificate is to have. */
const extensionRequest = "1.2.840.113549.1.9.14";

/** A new P-256 key and the request to certify it (PKCS #10, RFC 2986), which is signed by it. */
export function signingRequest({ subject, names }: ServingIdentity): SigningRequest {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const body = sequence(
    integer(Buffer.from([0])), // v1
    distinguishedName(subject),
    publicKey.export({ type: "spki", format: "der" }),
    explicit(0, sequence(oid(extensionRequest), setOf(sequence(alternativeNames(names))))),
  );
  const signature = sign("sha256", body, privateKey);
  return {
    request: pem("CERTIFICATE REQUEST", sequence(body, sequence(oid(ecdsaWithSha256)), bitString(signature))),
    key: pem("PRIVATE KEY", privateKey.export({ type: "pkcs8", format: "der" })),
  };
}
