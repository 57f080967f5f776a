import { createPrivateKey, X509Certificate } from "node:crypto";

import type { CertificateRequestsApi } from "../../cluster/cluster.ts";
import { rfc3339 } from "../../model/clock.ts";
import type { CertificateSigningRequest } from "../../model/kube.ts";
import type { Clock, Log } from "../../provider.ts";
import type { KeyAndCertificate } from "./certificate.ts";
import type { ServingIdentity } from "./names.ts";
import { selfSigned } from "./self-signed.ts";
import { signingRequest } from "./signing-request.ts";
import { validity, waitUntil, type ServingCertificate, type ServingState } from "./source.ts";

/** As client-go's certificate manager: how long one request is waited for before a new one takes its place. */
const patienceMs = 15 * 60_000;
const [firstLookMs, lookGrowth, rarestLookMs] = [1_000, 1.5, 15_000];
/** After a refusal only somebody's change of mind helps; an API server that is away comes back. */
const afterRefusalMs = 15 * 60_000;
const [firstRetryMs, longestRetryMs] = [10_000, 5 * 60_000];

export interface RequestOptions {
  readonly identity: ServingIdentity;
  /** Begins the names of the requests. */
  readonly nodeName: string;
  readonly requests: CertificateRequestsApi;
  readonly clock: Clock;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  readonly log: Log;
}

/** Why there is no new certificate yet. */
interface Progress {
  readonly reason: "Pending" | "Denied" | "Failed" | "RequestFailed";
  readonly message: string;
}

/** The cluster has answered, and will not sign. */
class RefusedError extends Error {
  readonly reason: "Denied" | "Failed";
  constructor(reason: "Denied" | "Failed", message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Somebody has to approve, and nobody did yet. */
class UnansweredError extends Error {}

/** What there is so far. */
interface Held {
  issued?: KeyAndCertificate;
  /** `undefined`: nothing is to be waited for. */
  progress: Progress | undefined;
}

/**
 * A certificate of the signer kubernetes.io/kubelet-serving, asked for by a CertificateSigningRequest that somebody
 * must approve; each has a new key. Until the first one is there the port serves a self-signed one. Asked for again
 * between 70 % and 90 % of its life.
 */
export function fromCluster(options: RequestOptions): ServingCertificate {
  const { identity, clock, random, log } = options;
  const interim = selfSigned(identity, clock);
  const held: Held = { progress: { reason: "Pending", message: "a certificate is about to be requested" } };

  const renewForEver = async (signal: AbortSignal, changed: () => void): Promise<void> => {
    const tell = (progress: Progress | undefined): void => {
      if (progress !== undefined) log.warn("No serving certificate from the cluster yet", { ...progress });
      held.progress = progress;
      changed();
    };
    for (let failures = 0; !signal.aborted;) {
      try {
        held.issued = await obtain(options, signal, tell);
        failures = 0;
        tell(undefined);
        await waitUntil(rotationTime(held.issued.cert, random(), clock.now()), clock, signal);
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof UnansweredError) continue;
        const refused = error instanceof RefusedError;
        tell({ reason: refused ? error.reason : "RequestFailed", message: (error as Error).message });
        const wait = refused ? afterRefusalMs : Math.min(firstRetryMs * 2 ** failures++, longestRetryMs);
        await clock.sleep(wait * (1 + random() / 10), signal).catch(() => undefined);
      }
    }
  };

  return {
    present: () => held.issued ?? interim.present(),
    state: () => stateOf(held, interim.state().message, clock.now()),
    async run(signal, changed) {
      await Promise.all([interim.run(signal, changed), renewForEver(signal, changed)]);
    },
  };
}

function stateOf({ issued, progress }: Held, interim: string, now: number): ServingState {
  if (issued === undefined) {
    const { reason = "Pending", message = "" } = progress ?? {};
    return { fits: false, reason, message: `${message}; meanwhile ${interim}` };
  }
  const until = untilOf(issued.cert);
  const more = progress === undefined ? "" : `; no newer one yet: ${progress.message}`;
  return now < validity(issued.cert).notAfter
    ? { fits: true, reason: "Signed", message: `the cluster's certificate is valid until ${until}${more}` }
    : { fits: false, reason: "Expired", message: `the cluster's certificate has expired at ${until}${more}` };
}

/** One request to its end. Rejects with RefusedError, UnansweredError, or what kept the request from being made. */
async function obtain(
  options: RequestOptions,
  signal: AbortSignal,
  tell: (progress: Progress) => void,
): Promise<KeyAndCertificate> {
  const { request, key } = signingRequest(options.identity);
  const name = await send(options, request);
  tell({
    reason: "Pending",
    message: `CertificateSigningRequest ${name} waits for approval; approve it with: kubectl certificate approve ${name}`,
  });
  const cert = await answerTo(options, name, signal);
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) {
    throw new RefusedError("Failed", `the certificate of CertificateSigningRequest ${name} is for another key`);
  }
  options.log.info("Serving certificate issued", { name, until: untilOf(cert) });
  return { cert, key };
}

/** When to ask for the next one: between 70 % and 90 % of its life, so that nodes do not ask all at once. */
function rotationTime(cert: string, random: number, now: number): number {
  const { notBefore, notAfter } = validity(cert);
  // Never at once again, whatever the signer thinks of time.
  return Math.max(notBefore + (0.7 + 0.2 * random) * (notAfter - notBefore), now + firstRetryMs);
}

async function send({ nodeName, requests }: RequestOptions, request: string): Promise<string> {
  const { metadata } = await requests.create({
    apiVersion: "certificates.k8s.io/v1",
    kind: "CertificateSigningRequest",
    metadata: { generateName: `burstlet-${nodeName}-` },
    spec: {
      signerName: "kubernetes.io/kubelet-serving",
      // Exactly these for a key that cannot encipher (k8s.io/kubernetes pkg/apis/certificates/helpers.go).
      usages: ["digital signature", "server auth"],
      request: Buffer.from(request).toString("base64"),
    },
  });
  if (metadata?.name === undefined) throw new Error("the API server gave the CertificateSigningRequest no name");
  return metadata.name;
}

/** PEM. An API server that is away in between is waited for. */
async function answerTo({ requests, clock }: RequestOptions, name: string, signal: AbortSignal): Promise<string> {
  const end = clock.monotonic() + patienceMs;
  for (let pause = firstLookMs; clock.monotonic() < end; pause = Math.min(pause * lookGrowth, rarestLookMs)) {
    await clock.sleep(pause, signal);
    const seen = await requests.get(name).catch(() => "away" as const);
    if (seen === "away") continue;
    if (seen === undefined) throw new Error(`CertificateSigningRequest ${name} was deleted before it was answered`);
    const certificate = judged(seen);
    if (certificate !== undefined) return certificate;
  }
  throw new UnansweredError();
}

/** The certificate as PEM, or `undefined` while there is no answer. Throws RefusedError. */
function judged({ metadata, status }: CertificateSigningRequest): string | undefined {
  const refusal = status?.conditions?.find(({ type }) => type === "Denied" || type === "Failed");
  if (refusal !== undefined) {
    const { type, reason = "", message = "" } = refusal;
    const why = [reason, message].filter((part) => part !== "").join(": ");
    const how = type === "Denied" ? "was denied" : "could not be signed";
    const sentence = `CertificateSigningRequest ${metadata?.name} ${how}${why === "" ? "" : ` (${why})`}; a new one follows every 15 minutes`;
    throw new RefusedError(type === "Denied" ? "Denied" : "Failed", sentence);
  }
  return status?.certificate === undefined ? undefined : Buffer.from(status.certificate, "base64").toString();
}

function untilOf(cert: string): string {
  return rfc3339(validity(cert).notAfter);
}
