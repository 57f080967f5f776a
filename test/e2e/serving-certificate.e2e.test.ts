import type { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { CertificateSigningRequest, NodeCondition } from "../../src/model/kube.ts";
import { eventually } from "../support/eventually.ts";
import { namespaceAddress } from "../support/namespace.ts";
import { describeWith } from "../support/requirements.ts";
import { isReady, nodeName, podManifest, startWorld, type World } from "./worlds/world.ts";

const document = readFileSync(join(import.meta.dirname, "../../deploy/rbac-serving-certificate.yaml"), "utf8");

describeWith(["go", "namespaces", "root", "busybox"], "a serving certificate from the cluster", () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ verifiesKubelets: true, configuration: { kubelet: { serverTLSBootstrap: true } } });
    await world.cluster.apply(podManifest("speaks", { command: ["sh", "-c", "echo one; sleep 3600"] }));
    await world.until("speaks", "is ready", isReady);
  });
  afterAll(() => world?.stop());

  const condition = (reason: string): Promise<NodeCondition> =>
    eventually(
      `the node says ${reason}`,
      async () => {
        const { status } = await world.node();
        return status?.conditions?.find(
          (one) => one.type === "burstlet.dev/ServingCertificate" && one.reason === reason,
        );
      },
      60_000,
    );
  /** Does the command that the node names, with another verb than `approve` when one is given. */
  const decide = async (message = "", verb = "approve"): Promise<string> => {
    const [, name = ""] = /kubectl certificate approve ([\w-]+)/.exec(message) ?? [];
    await world.cluster.kubectl("certificate", verb, name);
    return name;
  };
  const logs = () => world.cluster.kubectl("logs", "speaks");

  it("without the right to ask for one: the node says so, with the document that grants it; pods run", async () => {
    const { status, message } = await condition("RequestFailed");
    expect(status).toBe("False");
    expect(message).toContain("cannot create resource");
    const line = await eventually("its log has it", () =>
      world.burstlet
        .log()
        .split("\n")
        .find((one) => one.includes("permission missing")),
    );
    expect(line).toMatch(
      /resource=certificatesigningrequests .*fix="kubectl apply -f deploy\/rbac-serving-certificate/,
    );
    await world.cluster.apply(document);
  });

  it("is asked for in the signer's form; until somebody approves, the node says how to, and logs are refused", async () => {
    const { status, message = "" } = await condition("Pending");
    expect(status).toBe("False");
    const [, name = ""] = /CertificateSigningRequest (\S+) waits for approval/.exec(message) ?? [];
    const { spec } = await world.cluster.get<CertificateSigningRequest>("csr", name);
    expect(spec).toMatchObject({
      signerName: "kubernetes.io/kubelet-serving",
      usages: ["digital signature", "server auth"],
      username: "system:serviceaccount:burstlet:burstlet",
    });
    await expect(logs()).rejects.toThrow(/certificate signed by unknown authority/);
    expect(isReady(await world.pod("speaks"))).toBe(true);
  });

  it("is served once it is approved, without a restart: the API server verifies it, and logs come", async () => {
    const pid = world.burstlet.pid;
    await decide((await condition("Pending")).message);
    expect((await condition("Signed")).status).toBe("True");
    expect(await logs()).toBe("one\n");
    expect(world.burstlet.pid).toBe(pid);
    const served = await servedCertificate();
    expect(served.subject).toBe(`O=system:nodes\nCN=system:node:${nodeName}`);
    expect(served.checkIP(namespaceAddress() ?? "")).toBe(namespaceAddress());
    expect(served.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
  });

  it("that is denied is told with the reason", async () => {
    await world.burstlet.stop();
    world.startAgain();
    const pending = await condition("Pending");
    const name = await decide(pending.message, "deny");
    const { status, message } = await condition("Denied");
    expect(status).toBe("False");
    expect(message).toContain(`CertificateSigningRequest ${name} was denied (KubectlDeny`);
    await expect(logs()).rejects.toThrow(/certificate signed by unknown authority/);
  });

  async function servedCertificate(): Promise<X509Certificate> {
    const port = (await world.node()).status?.daemonEndpoints?.kubeletEndpoint?.Port ?? 0;
    return new Promise((resolve, reject) => {
      const socket = connect({ host: namespaceAddress(), port, rejectUnauthorized: false }, () => {
        const certificate = socket.getPeerX509Certificate();
        socket.destroy();
        if (certificate === undefined) reject(new Error("no certificate"));
        else resolve(certificate);
      });
      socket.on("error", reject);
    });
  }
});
