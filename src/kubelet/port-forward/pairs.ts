/** Which streams of a SPDY session belong to one forwarded connection. Pure. */

type Headers = ReadonlyMap<string, readonly string[]>;

export interface PairedStream {
  readonly type: "data" | "error";
  readonly requestId: string;
  readonly port: number;
}

/**
 * What a stream's headers say of it, or the problem with them. Clients that give no request id open the error stream
 * first and the data stream right behind it, so the data stream's id is higher by two.
 */
export function pairedStream(id: number, headers: Headers): PairedStream | { readonly problem: string } {
  const type = headers.get("streamtype")?.[0];
  if (type !== "data" && type !== "error")
    return { problem: `stream type ${JSON.stringify(type)} is none of data, error` };
  const port = parsePort(headers.get("port")?.[0] ?? "");
  if (port === undefined) return { problem: "no port from 1 to 65535" };
  const requestId = headers.get("requestid")?.[0] ?? String(type === "error" ? id : id - 2);
  return { type, requestId, port };
}

export function parsePort(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : undefined;
}
