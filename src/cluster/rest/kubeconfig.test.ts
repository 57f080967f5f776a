import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { stringify } from "yaml";
import { openCredentials } from "./kubeconfig.ts";

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "burstlet-kubeconfig-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

function writeConfig(path: string, server: string, user: object = { token: "t" }): string {
  const name = server.replace("https://", "");
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server } }],
    users: [{ name, user }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    "current-context": name,
  };
  writeFileSync(path, stringify(config));
  return path;
}

describe("kubeconfig", () => {
  it("prefers the given file to KUBECONFIG, and KUBECONFIG to the one at home", async () => {
    const home = folder();
    mkdirSync(join(home, ".kube"));
    writeConfig(join(home, ".kube", "config"), "https://home");
    const given = writeConfig(join(home, "given"), "https://given");
    const listed = writeConfig(join(home, "listed"), "https://listed");
    const serverOf = async (kubeconfig: string | undefined, env: NodeJS.ProcessEnv): Promise<string> =>
      (await openCredentials({ kubeconfig }, env).read()).server;
    expect(await serverOf(given, { HOME: home, KUBECONFIG: listed })).toBe("https://given");
    expect(await serverOf(undefined, { HOME: home, KUBECONFIG: listed })).toBe("https://listed");
    expect(await serverOf(undefined, { HOME: home, KUBECONFIG: "" })).toBe("https://home");
  });

  it("merges several files of KUBECONFIG; the first current context wins, another one can be named", async () => {
    const home = folder();
    const KUBECONFIG = `${writeConfig(join(home, "a"), "https://a")}:${writeConfig(join(home, "b"), "https://b")}`;
    expect((await openCredentials({}, { KUBECONFIG }).read()).server).toBe("https://a");
    expect((await openCredentials({ context: "b" }, { KUBECONFIG }).read()).server).toBe("https://b");
  });

  it("says what it has and what to do when a context does not exist or no file is found", () => {
    const home = folder();
    const kubeconfig = writeConfig(join(home, "a"), "https://a");
    expect(() => openCredentials({ kubeconfig, context: "prod" }, {})).toThrow(
      `The kubeconfig ${kubeconfig} has no context "prod"; it has: a. Give --context NAME.`,
    );
    expect(() => openCredentials({}, { HOME: home })).toThrow("Give --kubeconfig FILE.");
    expect(() => openCredentials({ kubeconfig: join(home, "none") }, {})).toThrow(/none cannot be read: .*ENOENT/);
  });

  it("shows no line of a file that is not YAML: it may hold a token", () => {
    const kubeconfig = join(folder(), "torn");
    writeFileSync(kubeconfig, "users: [\n token: s3cret\n");
    expect(() => openCredentials({ kubeconfig }, {})).toThrow(
      /^The kubeconfig .*torn cannot be read: YAMLException: .+$/,
    );
    expect(() => openCredentials({ kubeconfig }, {})).not.toThrow(/s3cret/);
  });

  it("reads certificates, server name and a name with password", async () => {
    const kubeconfig = join(folder(), "config");
    const base64 = (text: string): string => Buffer.from(text).toString("base64");
    const cluster = { server: "https://a", "certificate-authority-data": base64("ca"), "tls-server-name": "api" };
    const user = {
      "client-certificate-data": base64("cert"),
      "client-key-data": base64("key"),
      username: "bob",
      password: "pass",
    };
    const contexts = [{ name: "a", context: { cluster: "a", user: "a" } }];
    const config = {
      clusters: [{ name: "a", cluster }],
      users: [{ name: "a", user }],
      contexts,
      "current-context": "a",
    };
    writeFileSync(kubeconfig, stringify(config));
    const { tls, headers } = await openCredentials({ kubeconfig }, {}).read();
    expect([tls.ca, tls.cert, tls.key].map(String)).toEqual(["ca", "cert", "key"]);
    expect(tls.servername).toBe("api");
    expect(headers).toEqual({ authorization: `Basic ${base64("bob:pass")}` });
  });

  it("reads a token file without its line break, and again once it was told to forget", async () => {
    const home = folder();
    const tokenFile = join(home, "token");
    writeFileSync(tokenFile, "one\n");
    const user = { "auth-provider": { name: "tokenFile", config: { tokenFile } } };
    const credentials = openCredentials({ kubeconfig: writeConfig(join(home, "a"), "https://a", user) }, {});
    expect((await credentials.read()).headers["authorization"]).toBe("Bearer one");
    writeFileSync(tokenFile, "two\n");
    credentials.forget();
    expect((await credentials.read()).headers["authorization"]).toBe("Bearer two");
  });

  it("asks an exec plugin, once until it was told to forget", async () => {
    const home = folder();
    const script = `echo x >> ${join(home, "runs")}; n=$(wc -l < ${join(home, "runs")}); echo '{"status":{"token":"t'$n'"}}'`;
    const exec = { apiVersion: "client.authentication.k8s.io/v1", command: "sh", args: ["-c", script] };
    const credentials = openCredentials({ kubeconfig: writeConfig(join(home, "a"), "https://a", { exec }) }, {});
    expect((await credentials.read()).headers["authorization"]).toBe("Bearer t1");
    expect((await credentials.read()).headers["authorization"]).toBe("Bearer t1");
    credentials.forget();
    expect((await credentials.read()).headers["authorization"]).toBe("Bearer t2");
  });
});
