import { describe, expect, it } from "vitest";
import { load, one, problems } from "./testing.ts";

describe("what counts", () => {
  const file = `${one}  port: 1\n  labels: { a: file, b: file }\n`;
  const environment = { BURSTLET_NODE_PORT: "2", BURSTLET_CLUSTER_ID: "env", BURSTLET_NODE_LOCAL_RUNTIME: "scripted" };

  it("is the flag before the environment before the file before the default", () => {
    expect(load(one).nodes[0]?.maxPods).toBeUndefined();
    expect(load(file).nodes[0]?.port).toBe(1);
    expect(load(file, { environment }).nodes[0]?.port).toBe(2);
    const all = load(file, { environment: { ...environment, BURSTLET_LOGGING_VERBOSITY: "2" }, flags: { v: "4" } });
    expect(all).toMatchObject({ clusterID: "env", logging: { verbosity: 4 } });
    expect(all.nodes[0]?.["local"]).toMatchObject({ runtime: "scripted" });
  });

  it("includes the fields of the kubelet port, whose abbreviations are words of their own", () => {
    const environment = {
      BURSTLET_KUBELET_SERVER_TLS_BOOTSTRAP: "true",
      BURSTLET_KUBELET_AUTHENTICATION_X509_CLIENT_CA_FILE: "/ca",
      BURSTLET_KUBELET_AUTHENTICATION_WEBHOOK_CACHE_TTL: "0s",
    };
    expect(load(one, { environment }).kubelet).toMatchObject({
      serverTLSBootstrap: true,
      authentication: { x509: { clientCAFile: "/ca" }, webhook: { cacheTTL: "0s" } },
    });
  });

  it("is a variable that is not empty", () => {
    expect(load(file, { environment: { BURSTLET_NODE_PORT: "" } }).nodes[0]?.port).toBe(1);
  });

  it("includes virtual-kubelet's two variables, after burstlet's own", () => {
    const peer = { VKUBELET_POD_IP: "10.0.0.9", KUBELET_PORT: "3" };
    expect(load(file, { environment: peer }).nodes[0]).toMatchObject({ address: "10.0.0.9", port: 3 });
    expect(load(file, { environment: { ...peer, ...environment } }).nodes[0]?.port).toBe(2);
  });

  it("is told under the name of the flag or variable that said it", () => {
    const told = problems(one, {
      environment: { BURSTLET_NODE_PORT: "tcp://10.0.0.1:80", BURSTLET_NODE_LOCAL_CAPACITY_MEMORY: "much" },
      flags: { maxPods: "0", nodeIp: "127.0.0.1", loggingFormat: "xml", v: "x" },
    });
    expect(told.map((line) => line.replace(/(: \S+): .*/, "$1")).toSorted()).toEqual([
      "--logging-format: logging.format",
      "--max-pods: nodes[0].maxPods",
      "--node-ip: nodes[0].address",
      "-v: logging.verbosity",
      "BURSTLET_NODE_LOCAL_CAPACITY_MEMORY: nodes[0].local.capacity.memory",
      "BURSTLET_NODE_PORT: nodes[0].port",
    ]);
  });

  it("is not a variable that is nearly one", () => {
    expect(problems(one, { environment: { BURSTLET_NODE_PROT: "1" } })).toEqual([
      "BURSTLET_NODE_PROT: unknown variable; did you mean BURSTLET_NODE_PORT?",
    ]);
  });

  it("is not what Kubernetes says of a Service named burstlet", () => {
    const environment = {
      BURSTLET_SERVICE_HOST: "10.0.0.1",
      BURSTLET_PORT: "tcp://10.0.0.1:1",
      BURSTLET_PORT_1_TCP: "x",
    };
    expect(problems(one, { environment })).toEqual([]);
  });

  it("is for one node only where there is one", () => {
    const two = `${one}- name: b\n  provider: local\n  port: 0\n`;
    const flags = {
      hostnameOverride: "x",
      nodeIp: "10.0.0.1",
      maxPods: "1",
      nodeLabels: "a=b",
      registerWithTaints: "a:NoSchedule",
    };
    const rest = "means one node, but the configuration has 2; say it in the file, at the node that is meant";
    expect(problems(two, { flags, environment: { KUBELET_PORT: "3" } })).toEqual([
      `KUBELET_PORT: ${rest}`,
      ...["--hostname-override", "--node-ip", "--max-pods", "--node-labels", "--register-with-taints"].map(
        (flag) => `${flag}: ${rest}`,
      ),
    ]);
    expect(load(two, { flags: { v: "1" } }).logging.verbosity).toBe(1);
  });
});

describe("the kubelet's flags", () => {
  it("name the node, its address and how many pods it takes", () => {
    const flags = { hostnameOverride: "other", nodeIp: "10.0.0.1", maxPods: "7" };
    expect(load(one, { flags }).nodes[0]).toMatchObject({ name: "other", address: "10.0.0.1", maxPods: 7 });
  });

  it("say how the kubelet port is served, also for several nodes", () => {
    const flags = {
      address: "0.0.0.0",
      readOnlyPort: "0",
      anonymousAuth: "false",
      authenticationTokenWebhook: "false",
      authenticationTokenWebhookCacheTtl: "1m",
      clientCaFile: "/ca",
      authorizationMode: "AlwaysAllow",
      authorizationWebhookCacheAuthorizedTtl: "10s",
      authorizationWebhookCacheUnauthorizedTtl: "1s",
      tlsCertFile: "/cert",
      tlsPrivateKeyFile: "/key",
    } as const;
    const two = `${one}- name: b\n  provider: local\n  port: 0\n`;
    expect(load(two, { flags }).kubelet).toEqual({
      address: "0.0.0.0",
      sharePort: false,
      readOnlyPort: 0,
      authentication: {
        anonymous: { enabled: false },
        webhook: { enabled: false, cacheTTL: "1m" },
        x509: { clientCAFile: "/ca" },
      },
      authorization: {
        mode: "AlwaysAllow",
        webhook: { cacheAuthorizedTTL: "10s", cacheUnauthorizedTTL: "1s" },
      },
      serverTLSBootstrap: false,
      tlsCertFile: "/cert",
      tlsPrivateKeyFile: "/key",
    });
    // Without a value, as the kubelet has it.
    expect(load(one, { flags: { rotateServerCertificates: true } }).kubelet.serverTLSBootstrap).toBe(true);
  });

  it.for<[object, string]>([
    [{ anonymousAuth: true }, "--anonymous-auth: kubelet.authentication.anonymous.enabled: true is not allowed: "],
    [{ readOnlyPort: "10255" }, "--read-only-port: kubelet.readOnlyPort: burstlet has no port without authentication"],
  ])("that would let strangers in are refused with a sentence: %o", ([flags, sentence]) => {
    expect(problems(one, { flags })).toEqual([expect.stringContaining(sentence)]);
  });

  it("add labels to those of the file", () => {
    const { nodes } = load(`${one}  labels: { a: file, b: file }\n`, {
      flags: { nodeLabels: "b=flag,example.com/c=,d=x" },
    });
    expect(nodes[0]?.labels).toEqual({ a: "file", b: "flag", "example.com/c": "", d: "x" });
  });

  it("add taints to the one of every virtual node", () => {
    const { nodes } = load(one, { flags: { registerWithTaints: "a=b:NoSchedule,c:NoExecute" } });
    expect(nodes[0]?.taints).toEqual([
      { key: "virtual-kubelet.io/provider", value: "local", effect: "NoSchedule" },
      { key: "a", value: "b", effect: "NoSchedule" },
      { key: "c", effect: "NoExecute" },
    ]);
  });

  it("add taints to those of the file, and take the place of their namesakes", () => {
    const text = `${one}  taints: [{ key: a, effect: NoSchedule }, { key: b, effect: NoSchedule }]\n`;
    const { nodes } = load(text, { flags: { registerWithTaints: "a=new:NoSchedule" } });
    expect(nodes[0]?.taints).toEqual([
      { key: "b", effect: "NoSchedule" },
      { key: "a", value: "new", effect: "NoSchedule" },
    ]);
  });

  it.for<[object, string]>([
    [{ nodeLabels: "a" }, '--node-labels: "a" is not allowed; allowed: key=value, with commas between'],
    [
      { registerWithTaints: "a=b" },
      '--register-with-taints: "a=b" is not allowed; allowed: key=value:effect or key:effect, with commas between; effects are NoSchedule, PreferNoSchedule, NoExecute',
    ],
    [
      { nodeLabels: "a=b c" },
      "--node-labels: nodes[0].labels.a: \"b c\" is not allowed; allowed: a label's value, as Kubernetes defines it: at most 63 letters, digits, '-', '_', '.'",
    ],
  ])("say what is wrong with %o", ([flags, expected]) => {
    expect(problems(one, { flags })).toEqual([expected]);
  });
});
