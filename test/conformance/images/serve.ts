/** The images of the table in a registry of their own, from which the engine pulls as from the real ones. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ImageConfig, type ImageSources, imageTable } from "./table.ts";

const registry = "http://127.0.0.1:5000";

/** The registries whose names the engine has to look up at ours. */
export const mirroredRegistries = [...new Set(imageTable.map(({ name }) => name.split("/")[0] ?? ""))];

/** `named`: images with tags. Those of the table are served under these tags, and as `latest`. */
export async function serveImages(named: readonly string[], sources: ImageSources): Promise<ChildProcess> {
  const script = join(import.meta.dirname, "../../support/remote/registry.ts");
  const server = spawn(process.execPath, [script, "5000"], { stdio: ["ignore", "pipe", "inherit"] });
  await once(server.stdout, "data");
  // A test process that dies must not leave it behind.
  const reap = (): void => void server.kill("SIGKILL");
  process.once("exit", reap);
  server.once("exit", () => process.off("exit", reap));
  for (const { name, config, fill } of imageTable) {
    const layer = layerOf((root) => fill(root, sources));
    const tags = named.filter((image) => image.startsWith(`${name}:`)).map((image) => image.slice(name.length + 1));
    await push(name, [...tags, "latest"], layer, config);
  }
  return server;
}

/** Owned by root; modes are as in the folder, set-user-id bits included. */
function layerOf(fill: (root: string) => void): Buffer {
  const folder = mkdtempSync(join(tmpdir(), "burstlet-image-"));
  try {
    const root = join(folder, "root");
    mkdirSync(root, { mode: 0o755 });
    fill(root);
    const words = ["--owner=0", "--group=0", "--numeric-owner", "-C", root, "-c", "."];
    const { status, stdout, stderr } = spawnSync("tar", words, { maxBuffer: 1 << 30 });
    if (status !== 0) throw new Error(`tar ${words.join(" ")}: ${stderr.toString()}`);
    return stdout;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function push(name: string, tags: readonly string[], layer: Buffer, config: ImageConfig): Promise<void> {
  const architecture = process.arch === "x64" ? "amd64" : process.arch;
  const rootfs = { type: "layers", diff_ids: [digestOf(layer)] };
  const image = Buffer.from(JSON.stringify({ architecture, os: "linux", config, rootfs, history: [] }));
  for (const blob of [layer, image])
    await send("PATCH", `/v2/${name}/blobs/uploads/`, blob, "application/octet-stream");
  const oci = "application/vnd.oci.image";
  const describe = (mediaType: string, blob: Buffer) => ({ mediaType, digest: digestOf(blob), size: blob.length });
  const manifest = {
    schemaVersion: 2,
    mediaType: `${oci}.manifest.v1+json`,
    config: describe(`${oci}.config.v1+json`, image),
    layers: [describe(`${oci}.layer.v1.tar`, layer)],
  };
  for (const tag of tags) {
    await send("PUT", `/v2/${name}/manifests/${tag}`, Buffer.from(JSON.stringify(manifest)), manifest.mediaType);
  }
}

async function send(method: string, path: string, body: Buffer, type: string): Promise<void> {
  const answer = await fetch(`${registry}${path}`, {
    method,
    body: new Uint8Array(body),
    headers: { "Content-Type": type },
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
}

function digestOf(blob: Buffer): string {
  return `sha256:${createHash("sha256").update(blob).digest("hex")}`;
}
