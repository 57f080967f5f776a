import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually, soon } from "../support/eventually.ts";
import { describeWith } from "../support/requirements.ts";
import { finish, type Kubectl, start } from "./kubectl.ts";
import { kubectlOn } from "./ways.ts";
import { isReady, nodeName, podManifest, startWorld, type World } from "./worlds/world.ts";

describeWith(["go", "namespaces", "root", "busybox"], "kubectl and a virtual node", () => {
  let world: World;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "burstlet-kubectl-"));
    world = await startWorld();
    const web = "echo served > /tmp/index.html; httpd -f -p 127.0.0.1:8080 -h /tmp";
    await world.cluster.apply([podManifest("box"), podManifest("web", { command: ["sh", "-c", web] })]);
    for (const name of ["box", "web"]) await world.until(name, "is ready", isReady);
  });
  afterAll(async () => {
    await world?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it("get --raw reads the node's own paths through the API server", async () => {
    const raw = async (path: string) => world.cluster.kubectl("get", "--raw", `/api/v1/nodes/${nodeName}/proxy${path}`);
    expect(await raw("/healthz")).toBe("ok");
    const pods = JSON.parse(await raw("/pods")) as { items: { metadata: { name: string } }[] };
    expect(pods.items.map(({ metadata }) => metadata.name).toSorted()).toEqual(["box", "web"]);
    await soon(async () => {
      expect(await raw("/metrics/resource")).toContain('container_cpu_usage_seconds_total{container="main"');
      const summary = JSON.parse(await raw("/stats/summary")) as { node: { nodeName: string }; pods: object[] };
      expect([summary.node.nodeName, summary.pods.length]).toEqual([nodeName, 2]);
    });
    expect(JSON.parse(await raw("/configz"))).toHaveProperty("kubeletconfig");
    await expect(raw("/no/such/path")).rejects.toThrow("not find");
  });

  it("proxy serves logs and the node's paths on a local port", async () => {
    const proxy = start(kubectlOn(world, { env: {} }), ["proxy", "--port=0"]);
    const port = await eventually("it serves", () => /127\.0\.0\.1:(\d+)/.exec(proxy.stdout())?.[1]);
    const get = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).text();
    expect(await get(`/api/v1/nodes/${nodeName}/proxy/healthz`)).toBe("ok");
    expect(await get("/api/v1/namespaces/default/pods/box/log")).toBe("");
    proxy.kill();
  });

  describeWith(["kubectl"], "of another version", () => {
    const other = (): Kubectl => ({ command: ["kubectl"], kubeconfig: world.cluster.kubeconfig });

    it("is another version", async () => {
      const version = async (kubectl: Kubectl) => (await finish(kubectl, ["version", "--client"])).stdout.toString();
      expect(await version(other())).not.toBe(await version(kubectlOn(world, { env: {} })));
    });

    it("runs commands with input and true exit codes", async () => {
      const script = "cat; echo trouble >&2; exit 3";
      const ended = await finish(other(), ["exec", "-i", "box", "--", "sh", "-c", script], "in\n");
      expect([ended.code, ended.stdout.toString()]).toEqual([3, "in\n"]);
      expect(ended.stderr).toContain("trouble\n");
    });

    it("copies files both ways", async () => {
      const bytes = randomBytes(1 << 20);
      const [from, to] = [join(folder, "from"), join(folder, "to")];
      await writeFile(from, bytes);
      expect((await finish(other(), ["cp", from, "box:/tmp/copied"])).code).toBe(0);
      expect((await finish(other(), ["cp", "box:/tmp/copied", to])).code).toBe(0);
      expect((await readFile(to)).equals(bytes)).toBe(true);
    });

    it("forwards ports to a server on the pod's loopback, and reads logs", async () => {
      const forward = start(other(), ["port-forward", "web", ":8080"]);
      const port = await eventually("it forwards", () => /127\.0\.0\.1:(\d+)/.exec(forward.stdout())?.[1]);
      const answer = await eventually("the pod serves", async () => {
        const socket = connect({ port: Number(port), host: "127.0.0.1" });
        return text(socket.end("GET / HTTP/1.0\r\n\r\n"));
      });
      expect(answer).toContain("served\n");
      forward.kill();
      expect((await finish(other(), ["logs", "web"])).code).toBe(0);
    });
  });
});
