import { once } from "node:events";
import { createServer, type AddressInfo, type Server } from "node:net";
import { connect } from "node:tls";
import type { X509Certificate } from "node:crypto";

import { afterEach, describe, expect, it } from "vitest";

import { fakeClock } from "../../test/support/fake-clock.ts";
import { silentLog } from "../../test/support/silent-log.ts";
import { configurationSchema } from "../config/schema.ts";
import type { CertificateSigningRequest } from "../model/kube.ts";
import type { Log } from "../provider.ts";
import { createKubeletPorts, type KubeletPorts, type NodePort } from "./ports.ts";
import { testNode } from "./testing.ts";

const loopback = "127.0.0.1";
const opened: NodePort[] = [];
const others: Server[] = [];
afterEach(async () => {
  for (const port of opened.splice(0)) await port.close();
  for (const server of others.splice(0)) server.close();
});

/** Somebody else's server; `release` frees its port again. */
async function taken(): Promise<{ port: number; release: () => Promise<void> }> {
  const server = createServer();
  others.push(server);
  server.listen(0, loopback);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const release = async (): Promise<void> => {
    server.close();
    await once(server, "close");
  };
  return { port, release };
}

interface SetUp {
  readonly nodes: readonly object[];
  readonly kubelet?: object;
  readonly requests?: CertificateSigningRequest[];
  readonly clock?: ReturnType<typeof fakeClock>;
  readonly log?: Log;
}

function setUp({ nodes, kubelet, requests = [], clock = fakeClock(Date.now()), log = silentLog }: SetUp): KubeletPorts {
  const config = configurationSchema.parse({
    apiVersion: "burstlet.dev/v1alpha1",
    kind: "BurstletConfiguration",
    kubelet: { address: loopback, ...kubelet },
    nodes: nodes.map((node) => ({ provider: "local", ...node })),
  });
  return createKubeletPorts({
    config,
    cluster: {
      clientCA: async () => undefined,
      reviewToken: async () => undefined,
      reviewAccess: async () => ({ allowed: false, reason: "" }),
      certificateRequests: {
        create: async (request) => {
          requests.push({ ...request, metadata: { name: `csr-${requests.length}` } });
          return requests.at(-1) as CertificateSigningRequest;
        },
        get: async (name) => requests.find(({ metadata }) => metadata?.name === name),
      },
    },
    clock,
    random: () => 0,
    log,
  });
}

async function open(ports: KubeletPorts, name: string): Promise<NodePort> {
  const port = await ports.open(testNode(name));
  opened.push(port);
  return port;
}

async function certificateAt(port: number): Promise<X509Certificate | undefined> {
  const socket = connect({ host: loopback, port, rejectUnauthorized: false });
  await once(socket, "secureConnect");
  const certificate = socket.getPeerX509Certificate();
  socket.destroy();
  return certificate;
}

describe("kubelet ports", () => {
  it("are one for each node, with a certificate of its own and the usual paths", async () => {
    const ports = setUp({
      nodes: [
        { name: "a", port: 0 },
        { name: "b", port: 0, address: "10.0.0.2" },
      ],
      kubelet: { sharePort: true },
    });
    const [a, b] = [await open(ports, "a"), await open(ports, "b")];
    expect(a.port).not.toBe(b.port);
    expect([a.resourceMetricsPath, b.resourceMetricsPath]).toEqual([undefined, undefined]);
    expect((await certificateAt(a.port))?.subject).toContain("CN=system:node:a");
    const ofB = await certificateAt(b.port);
    expect(ofB?.subject).toContain("CN=system:node:b");
    expect(ofB?.checkIP("10.0.0.2")).toBe("10.0.0.2");
  });

  it("are shared by nodes of one port where that is configured, until the last of them leaves", async () => {
    const { port, release } = await taken();
    await release();
    const nodes = ["a", "b"].map((name) => ({ name, port, address: "10.0.0.1" }));
    const ports = setUp({ nodes, kubelet: { sharePort: true } });
    const [a, b] = await Promise.all([open(ports, "a"), open(ports, "b")]);
    expect([a.port, b.port]).toEqual([port, port]);
    expect(a.resourceMetricsPath).toBe("/nodes/a/metrics/resource");
    expect(b.resourceMetricsPath).toBe("/nodes/b/metrics/resource");
    const certificate = await certificateAt(port);
    expect(certificate?.subjectAltName).toBe("DNS:a, DNS:b, IP Address:10.0.0.1");
    await a.close();
    await certificateAt(port);
    await b.close();
    await expect(certificateAt(port)).rejects.toThrow("ECONNREFUSED");
    // And again, as for a node that comes back.
    await open(ports, "b");
    await certificateAt(port);
  });

  it("say which field is to be changed when they cannot be had", async () => {
    const { port } = await taken();
    const nodes = [
      { name: "a", port: 0 },
      { name: "b", port },
    ];
    await expect(setUp({ nodes }).open(testNode("b"))).rejects.toThrow(
      /^nodes\[1\]\.port: port \d+ of 127\.0\.0\.1 is in use/,
    );
    // TEST-NET-1: no machine has it.
    const elsewhere = setUp({ nodes: [{ name: "a", port: 0, address: "192.0.2.7" }], kubelet: { address: undefined } });
    await expect(elsewhere.open(testNode("a"))).rejects.toThrow(
      /^nodes\[0\]\.address: 192\.0\.2\.7 is no address of this/,
    );
    const files = setUp({ nodes, kubelet: { tlsCertFile: "/no/such", tlsPrivateKeyFile: "/no/such" } });
    await expect(files.open(testNode("a"))).rejects.toThrow(
      /^kubelet\.tlsCertFile, kubelet\.tlsPrivateKeyFile: ENOENT/,
    );
  });

  it("tell their node when their certificate is denied, and end the wait for it with the node", async () => {
    const clock = fakeClock(Date.now());
    const requests: CertificateSigningRequest[] = [];
    const ports = setUp({ nodes: [{ name: "a", port: 0 }], kubelet: { serverTLSBootstrap: true }, requests, clock });
    const port = await open(ports, "a");
    const told: string[] = [];
    port.onServing(() => told.push(port.serving().reason));
    await clock.advance(0);
    for (const request of requests) request.status = { conditions: [{ type: "Denied", status: "True" }] };
    await clock.advance(1_000);
    expect(told.at(-1)).toBe("Denied");
    await port.close();
    expect(clock.pending).toBe(0);
  });

  it("warn loudly when everybody who is known may do everything", async () => {
    const warnings: string[] = [];
    const log: Log = { ...silentLog, warn: (message) => void warnings.push(message) };
    await open(setUp({ nodes: [{ name: "a", port: 0 }], log }), "a");
    expect(warnings).toEqual([]);
    await open(
      setUp({ nodes: [{ name: "a", port: 0 }], kubelet: { authorization: { mode: "AlwaysAllow" } }, log }),
      "a",
    );
    expect(warnings).toEqual([expect.stringContaining("may run commands in every pod")]);
  });
});
