import { isIP } from "node:net";
import { ProviderError } from "../../../../../src/provider.ts";

/** PEM texts for TCP with TLS. */
export interface EngineTls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Where the engine's HTTP API is. */
export interface Endpoint {
  readonly origin: string;
  readonly socketPath: string | undefined;
  readonly tls: EngineTls | undefined;
  /** For messages; holds no secret. */
  readonly shown: string;
}

const defaultHost = "unix:///var/run/docker.sock";

/**
 * Pure. `unix:///path`, or `tcp://host:port` (default port 2376) with TLS. Throws `invalid` with the fix.
 * TCP without TLS is root on that machine for everybody who can reach the port, so it is loopback only.
 */
export function engineEndpoint(host: string = defaultHost, tls?: EngineTls): Endpoint {
  if (host.startsWith("unix://")) {
    const socketPath = host.slice("unix://".length);
    if (!socketPath.startsWith("/"))
      throw wrong(host, "the path of a unix socket is absolute: unix:///run/docker.sock");
    return { origin: "http://localhost", socketPath, tls: undefined, shown: host };
  }
  const url = URL.canParse(host) ? new URL(host) : undefined;
  if (url?.protocol !== "tcp:" || url.hostname === "") {
    throw wrong(host, "use unix:///path/of/the.sock, or tcp://host:2376 with TLS");
  }
  if (url.pathname !== "" && url.pathname !== "/") throw wrong(host, "a path after the port is not supported");
  const port = url.port === "" ? "2376" : url.port;
  if (tls === undefined && !isLoopback(url.hostname)) {
    throw wrong(host, "TCP needs TLS: set DOCKER_CERT_PATH to a folder with ca.pem, cert.pem and key.pem");
  }
  const scheme = tls === undefined ? "http" : "https";
  return { origin: `${scheme}://${url.hostname}:${port}`, socketPath: undefined, tls, shown: host };
}

function isLoopback(hostname: string): boolean {
  if (hostname === "localhost" || hostname === "[::1]") return true;
  return isIP(hostname) === 4 && hostname.startsWith("127.");
}

function wrong(host: string, fix: string): ProviderError {
  return new ProviderError(
    "invalid",
    "EngineAddressInvalid",
    `container engine address "${host}" cannot be used: ${fix}`,
  );
}
