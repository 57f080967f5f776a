import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { scopeOf, scopeOfLink } from "./signature.ts";
import { ApiError, type PathRequest, type PathService, type Service, type ServiceAnswer } from "./service.ts";

/** Answers paths of its own, or says that a path is none of them. */
export type Door = (method: string, url: URL, body: string) => Promise<ServiceAnswer | undefined>;

export interface ServerOptions {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly services: readonly Service[];
  /** Services that are found by their paths. */
  readonly paths: readonly PathService[];
  /** Asked first, unsigned: what is for tests and for the inside of tasks. */
  readonly doors: readonly Door[];
  readonly requestId: () => string;
}

export interface Listening {
  /** `http://127.0.0.1:4566`. */
  readonly url: string;
  close(): Promise<void>;
}

/** Every service on one port, as its path or the credential scope of the request's signature says. */
export async function listen(options: ServerOptions): Promise<Listening> {
  const services = new Map(options.services.map((service) => [service.name, service]));
  const server = createServer((request, response) => {
    void serve(request, options, services).then(
      (answer) => send(response, answer),
      (error: unknown) => {
        const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
        send(response, jsonAnswer(500, { __type: "InternalFailure", message: text }));
      },
    );
  });
  const closeUpgraded = serveUpgrades(server, options);
  // Clients keep connections for longer than Node's five seconds; a request that meets its end would fail for nothing.
  server.keepAliveTimeout = 60_000;
  await opened(server, options);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${options.host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        closeUpgraded();
        server.closeAllConnections();
      }),
  };
}

function opened(server: Server, { host, port }: ServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.removeListener("error", reject);
      resolve();
    });
  });
}

async function serve(
  request: IncomingMessage,
  { doors, paths, requestId }: ServerOptions,
  services: ReadonlyMap<string, Service>,
): Promise<ServiceAnswer> {
  const url = new URL(request.url ?? "/", "http://stand-in");
  const method = request.method ?? "GET";
  const body = await text(request);
  for (const door of doors) {
    const answer = await door(method, url, body);
    if (answer !== undefined) return answer;
  }
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
  const named = (answer: ServiceAnswer, header = "x-amzn-requestid"): ServiceAnswer => {
    return { ...answer, headers: { [header]: requestId(), ...answer.headers } };
  };
  const owner = ownerOf(paths, url.pathname);
  if (owner !== undefined) return named(await owner.answer({ method, url, headers, body }), owner.requestIdHeader);
  return named(await signed({ method, url, headers, body }, services));
}

function ownerOf(paths: readonly PathService[], path: string): PathService | undefined {
  // Azure does not distinguish the case of a path.
  return paths.find(({ prefixes }) => prefixes.some((prefix) => path.toLowerCase().startsWith(prefix)));
}

async function signed(request: PathRequest, services: ReadonlyMap<string, Service>): Promise<ServiceAnswer> {
  const scope = scopeOf(request.headers["authorization"]) ?? scopeOfLink(request.url);
  const service = services.get(scope?.service ?? "");
  if (scope === undefined) return (service ?? plain).refuse(missing);
  if (service === undefined) {
    const names = [...services.keys()].join(", ");
    return plain.refuse(
      new ApiError("UnknownService", `the stand-in has ${names}, and no service ${scope.service}`, 501),
    );
  }
  return service.answer({ ...request, region: scope.region });
}

const missing = new ApiError("MissingAuthenticationTokenException", "Missing Authentication Token");

export const jsonAnswer = (status: number, value: unknown): ServiceAnswer => {
  return { status, headers: { "content-type": "application/json" }, body: `${JSON.stringify(value)}\n` };
};

const plain = {
  refuse: ({ type, message, status }: ApiError): ServiceAnswer => jsonAnswer(status, { __type: type, message }),
};

function send(response: ServerResponse, answer: ServiceAnswer): void {
  if (answer.cut === "silent") return;
  if (answer.cut === "broken") {
    response.destroy();
    return;
  }
  response.writeHead(answer.status, answer.headers);
  response.end(answer.body);
}

async function text(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString("utf8");
}

/** Hands connections that ask for another protocol to the service of their path; what is returned ends all of them. */
function serveUpgrades(server: Server, { paths }: ServerOptions): () => void {
  const open = new Set<Duplex>();
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
    // A client that goes away is no error of ours.
    socket.on("error", () => socket.destroy());
    const { pathname } = new URL(request.url ?? "/", "http://stand-in");
    const upgrade = ownerOf(paths, pathname)?.upgrade;
    if (upgrade === undefined) socket.end("HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n");
    else upgrade(request, socket, head);
  });
  return () => {
    for (const socket of open) socket.destroy();
  };
}
