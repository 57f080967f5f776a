/** TLS before a unix socket, as a container engine far away has it: both sides need a certificate of one authority. */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { createServer, type Server } from "node:tls";

export interface PemFiles {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface Certificates {
  readonly server: PemFiles;
  readonly client: PemFiles;
}

export function certificates(folder: string): Certificates {
  const openssl = (...words: string[]): void => {
    execFileSync("openssl", words, { cwd: folder, stdio: "ignore" });
  };
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl("req", "-x509", ...key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=ca", "-days", "2");
  const signed = (name: string): PemFiles => {
    const names = ["-addext", "subjectAltName=IP:127.0.0.1"];
    openssl(
      "req",
      "-x509",
      ...key,
      "-keyout",
      `${name}.key`,
      "-out",
      `${name}.pem`,
      "-subj",
      `/CN=${name}`,
      ...names,
      "-CA",
      "ca.pem",
      "-CAkey",
      "ca.key",
      "-days",
      "2",
    );
    const [ca = "", cert = "", pem = ""] = ["ca.pem", `${name}.pem`, `${name}.key`].map((file) =>
      readFileSync(join(folder, file), "utf8"),
    );
    return { ca, cert, key: pem };
  };
  return { server: signed("server"), client: signed("client") };
}

/** What an engine with `--tlsverify` does: nobody without a certificate comes through. One side may end before the other. */
export async function tlsInFrontOf(host: string, { server: tls }: Certificates): Promise<Server> {
  const options = { ...tls, requestCert: true, rejectUnauthorized: true, allowHalfOpen: true };
  const server = createServer(options, (client) => {
    const upstream = connect({ path: host.slice("unix://".length), allowHalfOpen: true });
    client.pipe(upstream).pipe(client);
    client.on("error", () => upstream.destroy());
    upstream.on("error", () => client.destroy());
  });
  server.on("tlsClientError", () => undefined);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}
