import { execFileSync } from "node:child_process";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, afterEach, expect, it } from "vitest";

import { fakeClock } from "../../../test/support/fake-clock.ts";
import { describeWith } from "../../../test/support/requirements.ts";
import { silentLog } from "../../../test/support/silent-log.ts";
import type { CertificateSigningRequest } from "../../model/kube.ts";
import { issueCertificate, type KeyAndCertificate } from "./certificate.ts";
import { servingIdentity } from "./names.ts";
import { fromCluster } from "./requested.ts";

const minute = 60_000;
const day = 86_400_000;

describeWith(["openssl"], "a certificate from the cluster", () => {
  const folder = mkdtempSync(join(tmpdir(), "burstlet-signer-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const running: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const stop of running.splice(0)) await stop();
  });

  const now = Date.now();
  const ca = issueCertificate({
    subject: { commonName: "CA" },
    usage: "ca",
    notBefore: now - day,
    notAfter: now + day,
  });
  writeFileSync(join(folder, "ca.crt"), ca.cert);
  writeFileSync(join(folder, "ca.key"), ca.key);

  /** What the signer makes of a request: valid from now on for some days. */
  function sign(request: CertificateSigningRequest, days: number): string {
    const file = (name: string): string => join(folder, name);
    const words = ["x509", "-req", "-CA", file("ca.crt"), "-CAkey", file("ca.key"), "-days", String(days)];
    const input = Buffer.from(request.spec.request, "base64");
    return execFileSync("openssl", [...words, "-CAcreateserial"], { input, encoding: "utf8", stdio: "pipe" });
  }

  /** An API server with the one collection, and a source that asks there. */
  function setUp(random = 0) {
    const clock = fakeClock(now);
    const objects: CertificateSigningRequest[] = [];
    const api = { away: false };
    const answer = async <T>(make: () => T): Promise<T> => {
      await Promise.resolve();
      if (api.away) throw new Error("connect ECONNREFUSED");
      return make();
    };
    const source = fromCluster({
      identity: servingIdentity(["burst-1"], ["10.0.0.7"]),
      nodeName: "burst-1",
      requests: {
        create: (request) =>
          answer(() => {
            const name = `${request.metadata?.generateName}${objects.length}`;
            const stored = { ...request, metadata: { ...request.metadata, name } };
            objects.push(stored);
            return stored;
          }),
        get: (name) => answer(() => objects.find(({ metadata }) => metadata?.name === name)),
      },
      clock,
      random: () => random,
      log: silentLog,
    });
    const served: KeyAndCertificate[] = [source.present()];
    const stop = new AbortController();
    const ended = source.run(stop.signal, () => {
      if (served.at(-1) !== source.present()) served.push(source.present());
    });
    running.push(async () => {
      stop.abort();
      await clock.advance(0);
      await ended;
      expect(clock.pending).toBe(0);
    });
    const last = () => objects.at(-1) as CertificateSigningRequest;
    const decide = (status: NonNullable<CertificateSigningRequest["status"]>): void => void (last().status = status);
    const approve = (days = 10): void =>
      decide({ certificate: Buffer.from(sign(last(), days)).toString("base64"), conditions: [] });
    return { clock, objects, api, source, served, last, decide, approve };
  }

  it("is asked for at once in the signer's form; until it is there, a self-signed one is served", async () => {
    const { clock, objects, source, served, last, approve } = setUp();
    await clock.advance(20_000);
    expect(objects).toHaveLength(1);
    expect(last()).toMatchObject({
      apiVersion: "certificates.k8s.io/v1",
      kind: "CertificateSigningRequest",
      metadata: { generateName: "burstlet-burst-1-" },
      spec: { signerName: "kubernetes.io/kubelet-serving", usages: ["digital signature", "server auth"] },
    });
    expect(source.state()).toMatchObject({ fits: false, reason: "Pending" });
    expect(source.state().message).toContain("kubectl certificate approve burstlet-burst-1-0");
    expect(served).toHaveLength(1);

    approve();
    await clock.advance(15_000);
    expect(source.state()).toMatchObject({ fits: true, reason: "Signed" });
    expect(served).toHaveLength(2);
    const { cert, key } = source.present();
    const certificate = new X509Certificate(cert);
    expect(certificate.issuer).toBe("CN=CA");
    expect(certificate.checkPrivateKey(createPrivateKey(key))).toBe(true);
  });

  it.for([
    [0, 0.7],
    [0.5, 0.8],
    [0.999_999, 0.9],
  ] as const)("is asked for again, with a new key, at its time (random %d: %d of its life)", async ([random, part]) => {
    const { clock, objects, source, served, approve } = setUp(random);
    await clock.advance(1_000);
    approve(10);
    await clock.advance(10_000);
    const first = source.present();
    await clock.advance(part * 10 * day - 2 * 3_600_000);
    expect(objects).toHaveLength(1);
    await clock.advance(3 * 3_600_000);
    expect(objects.length).toBeGreaterThan(1);
    // The old one goes on being served, and is what was asked for.
    expect(source.present()).toBe(first);
    expect(source.state()).toMatchObject({ fits: true, reason: "Signed" });
    expect(source.state().message).toContain("no newer one yet: CertificateSigningRequest");
    approve(20);
    await clock.advance(15_000);
    expect(source.present().key).not.toBe(first.key);
    expect(served).toHaveLength(3);
    expect(source.state().message).not.toContain("no newer one");
  });

  it("that runs out while nobody approves the next one is told", async () => {
    const { clock, source, approve } = setUp();
    await clock.advance(1_000);
    approve(1);
    await clock.advance(2 * day);
    expect(source.state()).toMatchObject({ fits: false, reason: "Expired" });
    expect(source.state().message).toContain("kubectl certificate approve");
  });

  it("that nobody approves in 15 minutes is asked for anew, and the node names the one to approve", async () => {
    const { clock, objects, source, approve } = setUp();
    await clock.advance(14 * minute);
    expect(objects).toHaveLength(1);
    await clock.advance(2 * minute);
    expect(objects).toHaveLength(2);
    expect(source.state().message).toContain("approve burstlet-burst-1-1;");
    approve();
    await clock.advance(15_000);
    expect(source.state().fits).toBe(true);
  });

  it.for([
    ["Denied", "was denied (PolicyX: not here)"],
    ["Failed", "could not be signed (PolicyX: not here)"],
  ] as const)("that is %s is told, and asked for again 15 minutes later", async ([type, sentence]) => {
    const { clock, objects, source, decide } = setUp();
    await clock.advance(1_000);
    decide({ conditions: [{ type, status: "True", reason: "PolicyX", message: "not here" }] });
    await clock.advance(minute);
    expect(source.state()).toMatchObject({ fits: false, reason: type });
    expect(source.state().message).toContain(sentence);
    await clock.advance(13 * minute);
    expect(objects).toHaveLength(1);
    await clock.advance(3 * minute);
    expect(objects).toHaveLength(2);
    expect(source.state().reason).toBe("Pending");
  });

  it("for another key is not taken", async () => {
    const { clock, source, served, decide } = setUp();
    const other = setUp();
    await clock.advance(1_000);
    await other.clock.advance(1_000);
    decide({ certificate: Buffer.from(sign(other.last(), 1)).toString("base64") });
    await clock.advance(minute);
    expect(source.state()).toMatchObject({ fits: false, reason: "Failed" });
    expect(source.state().message).toContain("is for another key");
    expect(served).toHaveLength(1);
  });

  it("is waited for while the API server is away, and asked for again when the request is gone", async () => {
    const { clock, objects, api, source, approve } = setUp();
    api.away = true;
    await clock.advance(10 * minute);
    expect(objects.length).toBeLessThanOrEqual(1);
    expect(source.state().fits).toBe(false);
    api.away = false;
    await clock.advance(6 * minute);
    const before = objects.length;
    expect(before).toBeGreaterThan(0);
    api.away = true;
    await clock.advance(minute);
    api.away = false;
    objects.splice(0);
    await clock.advance(15_000);
    expect(source.state()).toMatchObject({ fits: false, reason: "RequestFailed" });
    expect(source.state().message).toContain("was deleted before it was answered");
    await clock.advance(6 * minute);
    expect(objects.length).toBeGreaterThan(0);
    approve();
    await clock.advance(15_000);
    expect(source.state().fits).toBe(true);
  });
});
