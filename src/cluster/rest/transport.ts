import { Pool, ProxyAgent, Socks5ProxyAgent, type Dispatcher } from "undici";
import type { Clock } from "../../model/clock.ts";
import type { Access, Credentials, Tls } from "./kubeconfig.ts";

/** What one request needs: connections, and the headers that prove who we are. */
export interface Link {
  readonly origin: string;
  /** Of the server's URL, without a trailing slash: "" nearly always. */
  readonly basePath: string;
  /** For requests that end soon. */
  readonly short: Dispatcher;
  /** For watches, so that they never take a connection from the short ones. */
  readonly long: Dispatcher;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Transport {
  /** The present link; a promise only when credentials have to be read again. */
  link(): Link | Promise<Link>;
  /** After a 401. False when the credentials were read again a moment ago, so that another try is pointless. */
  refused(): boolean;
  close(): Promise<void>;
}

export interface TransportOptions {
  readonly credentials: Credentials;
  readonly clock: Clock;
  readonly userAgent: string;
  readonly connections: number;
}

/** As client-go: token and certificate files are looked at once a minute. */
const credentialsMs = 60_000;
const readMs = 30_000;
/** An exec plugin or a broken token must not be called for each refused request. */
const refusedMs = 5_000;
/** Go's server closes idle connections after 90 s or more; below it, we never write into a closing one. */
const keepAliveTimeout = 60_000;

export function createTransport(options: TransportOptions): Transport {
  const { credentials, clock } = options;
  let link: Link | undefined;
  let access: Access | undefined;
  let goodUntil = 0;
  let forgottenAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<Link> | undefined;

  const read = async (): Promise<Link> => {
    try {
      const next = await readInTime(credentials, clock);
      const previous = link;
      const same = previous !== undefined && access !== undefined && sameConnection(access, next);
      link = same ? { ...previous, headers: headersOf(next, options.userAgent) } : open(next, options);
      if (previous !== undefined && !same) retire(previous);
      access = next;
      goodUntil = clock.monotonic() + credentialsMs;
      return link;
    } finally {
      reading = undefined;
    }
  };

  return {
    link: () => (link !== undefined && clock.monotonic() < goodUntil ? link : (reading ??= read())),
    refused: () => {
      if (clock.monotonic() - forgottenAt < refusedMs) return false;
      forgottenAt = clock.monotonic();
      goodUntil = 0;
      credentials.forget();
      return true;
    },
    close: async () => {
      await Promise.all([link?.short.destroy(), link?.long.destroy()]);
    },
  };
}

/** An exec plugin that hangs, waiting for a login perhaps, must not hold up every request without a word. */
async function readInTime(credentials: Credentials, clock: Clock): Promise<Access> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const message = `The credentials of ${credentials.origin} were not there within ${readMs / 1000} s; does its exec plugin wait for something?`;
  const cancel = clock.after(readMs, () => reject(new Error(message)));
  return Promise.race([credentials.read(), late]).finally(cancel);
}

function open(access: Access, options: TransportOptions): Link {
  const url = new URL(access.server);
  return {
    origin: url.origin,
    basePath: url.pathname.replace(/\/+$/, ""),
    short: connect(url.origin, access, options.connections),
    // HTTP/1.1 gives each watch a connection of its own: a slow one cannot hold up another.
    long: connect(url.origin, access, null),
    headers: headersOf(access, options.userAgent),
  };
}

function connect(origin: string, access: Access, connections: number | null): Dispatcher {
  const tls = tlsOptions(access.tls);
  const shared = { connections, keepAliveTimeout, pipelining: 1, allowH2: false };
  if (access.proxyUrl === undefined) {
    return new Pool(origin, { ...shared, connect: { ...tls, keepAlive: true, keepAliveInitialDelay: 30_000 } });
  }
  return access.proxyUrl.startsWith("socks")
    ? new Socks5ProxyAgent(access.proxyUrl, { ...shared, requestTls: tls })
    : new ProxyAgent({ ...shared, uri: access.proxyUrl, requestTls: tls });
}

function tlsOptions(tls: Tls): { [K in keyof Tls]?: NonNullable<Tls[K]> } {
  return Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined));
}

function headersOf(access: Access, userAgent: string): Record<string, string> {
  return { accept: "application/json", "user-agent": userAgent, ...access.headers };
}

function sameConnection(a: Access, b: Access): boolean {
  return a.server === b.server && a.proxyUrl === b.proxyUrl && sameTls(a.tls, b.tls);
}

function sameTls(a: Tls, b: Tls): boolean {
  const keys = ["ca", "cert", "key", "servername", "rejectUnauthorized"] as const;
  return keys.every((key) => String(a[key]) === String(b[key]));
}

/** Requests under way end by themselves; watches are cut, and their loops open new ones on the new link. */
function retire(link: Link): void {
  void link.short.close().catch(() => undefined);
  void link.long.destroy().catch(() => undefined);
}
