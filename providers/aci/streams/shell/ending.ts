import type { Duplex } from "node:stream";
import { type Clock, ProviderError } from "../../../../src/provider.ts";

export function abandoned(): ProviderError {
  return new ProviderError("unknown", "StreamAbandoned", "the stream was given up before the command ended");
}

export function brokenOff(): ProviderError {
  return new ProviderError("unknown", "StreamBroken", "Azure's stream broke off before the command ended");
}

/** As a shell says it. */
export function exitCodeOf(payload: string): number {
  const code = /^\d{1,3}$/.test(payload) ? Number(payload) : Number.NaN;
  if (code <= 255) return code;
  throw new ProviderError("unknown", "ExitCodeUnknown", `the shell told no exit code, but ${JSON.stringify(payload)}`);
}

/** How long the other side may take to take leave, milliseconds. */
const patience = 2_000;

/** What was written still goes out; who does not answer is left all the same. */
export function closeSoon(connection: Duplex, clock: Clock): void {
  if (connection.destroyed) return;
  const cancel = clock.after(patience, () => void connection.destroy());
  connection.once("close", cancel);
  connection.end();
  // What still comes is read, or the end behind it would never be seen.
  connection.resume();
}
