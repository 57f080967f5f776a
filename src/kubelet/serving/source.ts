import { X509Certificate } from "node:crypto";

import type { Clock } from "../../provider.ts";
import type { KeyAndCertificate } from "./certificate.ts";

/** Where the certificate comes from that a kubelet port serves. */
export interface ServingCertificate {
  /** What to serve now. */
  present(): KeyAndCertificate;
  /** Does the port serve what the configuration asks for? For the node's condition, so `message` says what to do. */
  state(): ServingState;
  /** Keeps both up to date until the signal aborts; calls `changed` whenever something is new. Never rejects. */
  run(signal: AbortSignal, changed: () => void): Promise<void>;
}

export interface ServingState {
  readonly fits: boolean;
  /** CamelCase, for programs. */
  readonly reason: string;
  readonly message: string;
}

const hour = 3_600_000;

/** Until the wall clock shows this time or the signal aborts. The wall clock may jump, so it is looked at every hour. */
export async function waitUntil(time: number, clock: Clock, signal: AbortSignal): Promise<void> {
  for (let rest = time - clock.now(); rest > 0 && !signal.aborted; rest = time - clock.now()) {
    await clock.sleep(Math.min(rest, hour), signal).catch(() => undefined);
  }
}

/** Milliseconds since 1970. */
export function validity(pem: string): { readonly notBefore: number; readonly notAfter: number } {
  const { validFromDate, validToDate } = new X509Certificate(pem);
  return { notBefore: validFromDate.getTime(), notAfter: validToDate.getTime() };
}
