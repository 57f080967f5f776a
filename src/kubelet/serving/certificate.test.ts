import { createPrivateKey, X509Certificate } from "node:crypto";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, describe, expect, it, test } from "vitest";

import { describeWith } from "../../../test/support/requirements.ts";
import { issueCertificate, selfSignedCertificate } from "./certificate.ts";
import { servingIdentity } from "./names.ts";

const day = 86_400_000;
const now = Date.now();
describe("selfSignedCertificate", () => {
  const addresses = ["10.0.0.7", "2001:db8::1", "::ffff:1.2.3.4", "fe80::"];
  const made = selfSignedCertificate(servingIdentity(["burst-1"], addresses), now);
  const certificate = new X509Certificate(made.cert);

  it("has the subject, names and usage of a kubelet's serving certificate", () => {
    expect(certificate.subject).toBe("O=system:nodes\nCN=system:node:burst-1");
    expect(certificate.issuer).toBe(certificate.subject);
    expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
    expect(certificate.ca).toBe(false);
    expect(certificate.checkHost("burst-1")).toBe("burst-1");
    for (const address of addresses) expect(certificate.checkIP(address)).toBe(address);
    expect(certificate.checkIP("10.0.0.8")).toBeUndefined();
  });

  it("is valid from an hour ago for a year", () => {
    expect(certificate.validFromDate.getTime()).toBe(Math.floor(now / 1000) * 1000 - 3_600_000);
    expect(certificate.validToDate.getTime()).toBe(Math.floor(now / 1000) * 1000 + 365 * day);
  });

  it("belongs to its key and carries its signature", () => {
    expect(certificate.checkPrivateKey(createPrivateKey(made.key))).toBe(true);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
  });

  it("never repeats a serial number", () => {
    const serials = Array.from(
      { length: 50 },
      () => new X509Certificate(selfSignedCertificate(servingIdentity(["n"], []), now).cert).serialNumber,
    );
    expect(new Set(serials).size).toBe(50);
    for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9A-F]{31}$/);
  });
});

const subject = { commonName: "test CA" };
const ca = issueCertificate({ subject, usage: "ca", notBefore: now - day, notAfter: now + day });
const issuer = { subject, key: ca.key };
const client = {
  subject: { commonName: "jane", organizations: ["a", "b"] },
  usage: "clientAuth",
  notBefore: now - day,
  notAfter: now + day,
} as const;

describe("issueCertificate", () => {
  test.for([
    { notAfter: Date.UTC(2049, 11, 31, 23, 59, 59), printed: "Dec 31 23:59:59 2049 GMT" },
    { notAfter: Date.UTC(2050, 0, 1), printed: "Jan  1 00:00:00 2050 GMT" },
    { notAfter: Date.UTC(2151, 4, 6, 7, 8, 9), printed: "May  6 07:08:09 2151 GMT" },
  ])("ends $printed, whichever of the two time formats that takes", ({ notAfter, printed }) => {
    expect(new X509Certificate(issueCertificate({ ...client, notAfter }, issuer).cert).validTo).toBe(printed);
  });

  it("takes names that need long lengths", () => {
    const names = Array.from({ length: 400 }, (_, i) => `${"x".repeat(40)}-${i}.example`);
    const made = issueCertificate({ ...client, names }, issuer);
    expect(new X509Certificate(made.cert).checkHost(names[399] ?? "")).toBe(names[399]);
  });
});

describeWith(["openssl"], "certificates, as openssl sees them", () => {
  const scratch = mkdtempSync(join(tmpdir(), "burstlet-certificate-"));
  afterAll(() => rmSync(scratch, { recursive: true }));
  const file = (name: string, text: string): string => {
    const path = join(scratch, name);
    writeFileSync(path, text);
    return path;
  };
  const openssl = (...args: string[]): string => execFileSync("openssl", args, { encoding: "utf8", stdio: "pipe" });

  it("pass its strict verification as a server's, and print as expected", () => {
    const path = file("self.pem", selfSignedCertificate(servingIdentity(["burst-1"], ["2001:db8::1"]), now).cert);
    expect(openssl("verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", path, path)).toContain("OK");
    const printed = openssl("x509", "-in", path, "-noout", "-text");
    expect(printed).toContain("Version: 3 (0x2)");
    expect(printed).toContain("Signature Algorithm: ecdsa-with-SHA256");
    expect(printed).toContain("IP Address:2001:DB8:0:0:0:0:0:1");
    expect(printed).toMatch(/X509v3 Key Usage: critical\s+Digital Signature\n/);
  });

  it("make a chain that verifies for its purpose alone", () => {
    const caPath = file("ca.pem", ca.cert);
    const path = file("client.pem", issueCertificate(client, issuer).cert);
    expect(openssl("verify", "-purpose", "sslclient", "-CAfile", caPath, path)).toContain("OK");
    expect(() => openssl("verify", "-purpose", "sslserver", "-CAfile", caPath, path)).toThrow(/purpose/);
  });
});
