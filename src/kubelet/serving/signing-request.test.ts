import { execFileSync, spawnSync } from "node:child_process";
import { createPrivateKey, createPublicKey } from "node:crypto";

import { describe, expect, it } from "vitest";

import { describeWith } from "../../../test/support/requirements.ts";
import { servingIdentity } from "./names.ts";
import { signingRequest } from "./signing-request.ts";

const identity = servingIdentity(["burst-1"], ["10.0.0.7", "2001:db8::1", "10.0.0.7"]);

describe("a signing request", () => {
  it("has a new key each time", () => {
    expect(signingRequest(identity).key).not.toBe(signingRequest(identity).key);
  });
});

describeWith(["openssl"], "a signing request, as openssl sees it", () => {
  const { request, key } = signingRequest(identity);
  const openssl = (...words: string[]): string =>
    execFileSync("openssl", ["req", ...words], { input: request, encoding: "utf8", stdio: "pipe" });

  it("is signed by its own key", () => {
    // It says so on standard error, and exits with 0 either way.
    const verify = (input: string): string =>
      spawnSync("openssl", ["req", "-verify", "-noout"], { input, encoding: "utf8" }).stderr;
    expect(verify(request)).toContain("verify OK");
    const publicKey = createPublicKey(createPrivateKey(key)).export({ type: "spki", format: "pem" });
    expect(openssl("-pubkey", "-noout").trim()).toBe(publicKey.toString().trim());
    expect(verify(request.replace(/.{8}(?==*\n-----END)/, "AAAAAAAA"))).not.toContain("verify OK");
  });

  it("has exactly the subject and the names that the signer kubernetes.io/kubelet-serving demands", () => {
    expect(
      openssl("-subject", "-noout", "-nameopt", "multiline")
        .split("\n")
        .map((line) => line.trim()),
    ).toEqual([
      "subject=",
      "organizationName          = system:nodes",
      "commonName                = system:node:burst-1",
      "",
    ]);
    const printed = openssl("-text", "-noout");
    expect(printed).toMatch(
      /X509v3 Subject Alternative Name: ?\n\s+DNS:burst-1, IP Address:10\.0\.0\.7, IP Address:2001:DB8:0:0:0:0:0:1\n/,
    );
    expect(printed).toContain("Signature Algorithm: ecdsa-with-SHA256");
    expect(printed).toContain("NIST CURVE: P-256");
    expect(printed).not.toMatch(/email|URI/);
  });
});
