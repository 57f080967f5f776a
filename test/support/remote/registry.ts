/**
 * An image registry in memory: as much of the distribution protocol as `podman push` and a pull need, behind basic
 * authentication where credentials are given. Run as a process of its own: `node registry.ts <port> [<user:password>]`;
 * it listens on loopback.
 */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

const [port, credentials] = process.argv.slice(2);
const wanted = credentials === undefined ? undefined : `Basic ${Buffer.from(credentials).toString("base64")}`;
const blobs = new Map<string, Buffer>();
/** By `name:reference`: what was put there, with its media type. */
const manifests = new Map<string, { readonly type: string; readonly body: Buffer }>();

const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
});
server.listen(Number(port), "127.0.0.1", () => process.stdout.write("ready\n"));

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", "http://registry");
  const body = await bodyOf(request);
  if (wanted !== undefined && request.headers.authorization !== wanted) {
    response.writeHead(401, { "WWW-Authenticate": 'Basic realm="test"' }).end();
    return;
  }
  const [, name = "", kind = "", reference = ""] = /^\/v2\/(.+)\/(blobs|manifests)\/(.*)$/.exec(url.pathname) ?? [];
  if (url.pathname === "/v2/") response.writeHead(200).end();
  else if (reference === "uploads/") takeBlob(url, body, request.method, response, name);
  else if (kind === "blobs")
    give(response, request.method, "application/octet-stream", blobs.get(reference), reference);
  else if (request.method === "PUT") {
    const type = request.headers["content-type"] ?? "";
    for (const key of [reference, digestOf(body)]) manifests.set(`${name}:${key}`, { type, body });
    response.writeHead(201, { "Docker-Content-Digest": digestOf(body) }).end();
  } else {
    const found = manifests.get(`${name}:${reference}`);
    give(response, request.method, found?.type ?? "", found?.body, found && digestOf(found.body));
  }
}

/** POST opens an upload, PATCH brings all of it (kept by its digest at once), PUT ends it. */
function takeBlob(url: URL, body: Buffer, method: string | undefined, response: ServerResponse, name: string): void {
  if (body.length > 0) blobs.set(digestOf(body), body);
  const digest = url.searchParams.get("digest") ?? "";
  if (method === "PUT") response.writeHead(blobs.has(digest) ? 201 : 400, { "Docker-Content-Digest": digest }).end();
  else
    response
      .writeHead(202, { Location: `/v2/${name}/blobs/uploads/`, Range: `0-${Math.max(0, body.length - 1)}` })
      .end();
}

function give(
  response: ServerResponse,
  method: string | undefined,
  type: string,
  body: Buffer | undefined,
  digest = "",
): void {
  if (body === undefined) {
    response.writeHead(404, { "Content-Type": "application/json" }).end('{"errors":[{"code":"BLOB_UNKNOWN"}]}');
    return;
  }
  response.writeHead(200, { "Content-Type": type, "Content-Length": body.length, "Docker-Content-Digest": digest });
  response.end(method === "HEAD" ? undefined : body);
}

function digestOf(body: Buffer): string {
  return `sha256:${createHash("sha256").update(body).digest("hex")}`;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
