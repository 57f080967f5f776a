/** The words of Go for what goes wrong on the way: people and their alerts look for them in events. Pure. */

const troubles: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connect: connection refused",
  ECONNRESET: "read: connection reset by peer",
  EHOSTUNREACH: "connect: no route to host",
  ENETUNREACH: "connect: network is unreachable",
  ETIMEDOUT: "connect: connection timed out",
};

/** `10.0.0.1:80`, `[fd00::1]:80` */
export function hostPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

export function dialTrouble(error: NodeJS.ErrnoException, address: string): string {
  if (error.code === "ENOTFOUND") return `dial tcp: lookup ${address.replace(/:\d+$/, "")}: no such host`;
  const words = troubles[error.code ?? ""];
  if (words === undefined) return error.message;
  return `dial tcp ${address}: ${words}`;
}

/** A time.Duration: `1s`, `1m30s`. */
export function goDuration(ms: number): string {
  const seconds = ms / 1000;
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const rest = `${seconds % 60}s`;
  if (hours > 0) return `${hours}h${minutes}m${rest}`;
  return minutes > 0 ? `${minutes}m${rest}` : rest;
}
