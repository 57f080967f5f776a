import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { fakeClock } from "../../../test/support/fake-clock.ts";
import { silentLog } from "../../../test/support/silent-log.ts";
import { selfSignedCertificate, type KeyAndCertificate } from "./certificate.ts";
import { fromFiles } from "./files.ts";
import { servingIdentity } from "./names.ts";
import { soon } from "../../../test/support/eventually.ts";

const addresses = ["10.0.0.7", "fd00::7"];
const identity = servingIdentity(["burst-1"], addresses);
const made = (now = Date.now()): KeyAndCertificate => selfSignedCertificate(identity, now);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "burstlet-files-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const files = () => ({ certFile: join(folder, "tls.crt"), keyFile: join(folder, "tls.key"), addresses });
function write({ cert, key }: Partial<KeyAndCertificate>): void {
  if (cert !== undefined) writeFileSync(files().certFile, cert);
  if (key !== undefined) writeFileSync(files().keyFile, key);
}

describe("a certificate in files", () => {
  it("is read again every minute; what cannot be used is told and leaves the former one in use", async () => {
    const clock = fakeClock(Date.now());
    const [first, second] = [made(), made()];
    write(first);
    const source = await fromFiles(files(), clock, silentLog);
    const stop = new AbortController();
    let changes = 0;
    const ended = source.run(stop.signal, () => (changes += 1));
    /** A minute on, until the files have been read. */
    const after = async (count: number): Promise<void> => {
      await clock.advance(60_000);
      await soon(() => expect(changes).toBe(count));
    };
    expect(source.present()).toEqual(first);
    expect(source.state()).toMatchObject({ fits: true, reason: "Files" });

    write({ cert: second.cert });
    await after(1);
    expect(source.present()).toEqual(first);
    expect(source.state()).toMatchObject({ fits: false, reason: "FilesUnusable" });
    expect(source.state().message).toContain("tls.key is not the key of");

    write({ key: second.key });
    await after(2);
    expect(source.present()).toEqual(second);
    expect(source.state().fits).toBe(true);

    rmSync(files().keyFile);
    await after(3);
    expect(source.state().message).toContain("ENOENT");
    expect(source.present()).toEqual(second);

    write(second);
    await after(4);
    expect(source.state().fits).toBe(true);
    stop.abort();
    await clock.advance(0);
    await ended;
  });

  it("that has expired is told", async () => {
    const clock = fakeClock(Date.now());
    write(made(Date.now()));
    const source = await fromFiles(files(), clock, silentLog);
    clock.setNow(Date.now() + 366 * 86_400_000);
    expect(source.state()).toMatchObject({ fits: false, reason: "Expired" });
  });

  it("that is for another address than the node's is told: a kubelet's verifier would refuse it", async () => {
    write(made());
    const strange = { ...files(), addresses: ["10.0.0.7", "10.0.0.8"] };
    const state = (await fromFiles(strange, fakeClock(Date.now()), silentLog)).state();
    expect(state).toMatchObject({ fits: false, reason: "OtherAddress" });
    expect(state.message).toContain("is not for 10.0.0.8:");
  });

  it.for<[string, () => Partial<KeyAndCertificate>, RegExp]>([
    ["of which one is missing", () => ({ cert: made().cert }), /ENOENT.*tls\.key/],
    ["that hold no certificate", () => ({ cert: "no", key: made().key }), /tls\.crt does not hold a PEM certificate/],
    ["that hold no key", () => ({ cert: made().cert, key: "no" }), /tls\.key does not hold a PEM private key/],
    ["with a passphrase", () => ({ cert: made().cert, key: locked() }), /private key without a passphrase/],
    ["that do not belong together", () => ({ cert: made().cert, key: made().key }), /is not the key of/],
  ])("cannot be taken from files %s", async ([, content, sentence]) => {
    write(content());
    await expect(fromFiles(files(), fakeClock(), silentLog)).rejects.toThrow(sentence);
  });
});

function locked(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  return privateKey.export({ type: "pkcs8", format: "pem", cipher: "aes-128-cbc", passphrase: "secret" }).toString();
}
