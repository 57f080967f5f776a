import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { Agent, request } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { issueCertificate } from "../../src/kubelet/serving/certificate.ts";
import { parseTime, rfc3339 } from "../../src/model/clock.ts";
import { systemClock } from "../../src/telemetry/clock.ts";
import { type Burstlet, startBurstlet } from "../support/burstlet.ts";
import { eventually } from "../support/eventually.ts";
import { namespaceAddress } from "../support/namespace.ts";
import { describeWith } from "../support/requirements.ts";
import { hasPhase, isReady, nodeName, type PodFixture, podManifest, startWorld, type World } from "./worlds/world.ts";

const run = promisify(execFile);

interface Caller {
  readonly token?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** One path of each kind: what everybody asks, what tells of pods, what tells secrets, what runs commands, what is none. */
const paths = [
  "/healthz",
  "/pods",
  "/runningpods/",
  "/containerLogs/default/speaks/main",
  "/exec/default/speaks/main?command=id&output=1",
  "/metrics",
  "/no/such/path",
];

const logsPath = "/containerLogs/default/speaks/main";

describeWith(["go", "namespaces", "root", "busybox"], "the kubelet port", () => {
  let world: World;
  let neighbour: Burstlet;
  beforeAll(async () => {
    world = await startWorld();
    const address = namespaceAddress();
    neighbour = startBurstlet(world.cluster.folder, join(world.cluster.folder, "burstlet.kubeconfig"), {
      nodes: [{ name: "neighbour", provider: "local", address, port: 0, local: { runtime: "scripted" } }],
    });
    await world.cluster.apply([
      onNode("speaks", { command: ["sh", "-c", "echo one; echo two; echo three; sleep 3600"] }),
      account("stranger"),
      account("reader"),
      ...grant("reader", []),
      account("of-neighbour"),
      ...grant("of-neighbour", ["neighbour"]),
    ]);
    await world.until("speaks", "is ready", isReady);
    // It runs, and so is ready, before it has printed everything.
    await eventually("it has spoken", async () => (await world.cluster.kubectl("logs", "speaks")).endsWith("three\n"));
    await eventually("the neighbour listens", async () => portOf("neighbour"));
  });
  afterAll(async () => {
    await neighbour?.stop();
    await world?.stop();
  });

  const portOf = async (node: string) => (await world.node(node)).status?.daemonEndpoints?.kubeletEndpoint?.Port;

  /** Straight to the node's port, past the API server. */
  async function ask(path: string, caller: Caller = {}, node = nodeName): Promise<{ status: number; body: string }> {
    const { token, cert, key } = caller;
    const dispatcher = new Agent({ connect: { rejectUnauthorized: false, ...(cert && { cert, key }) } });
    try {
      const answer = await request(`https://${namespaceAddress()}:${await portOf(node)}${path}`, {
        dispatcher,
        ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
      });
      return { status: answer.statusCode, body: await answer.body.text() };
    } finally {
      await dispatcher.close();
    }
  }

  const tokenOf = async (name: string, ...words: string[]) =>
    (await world.cluster.kubectl("create", "token", name, ...words)).trim();

  /** A certificate that the cluster's own CA has signed. */
  async function certified(user: string, group: string): Promise<Caller> {
    const { binary, folder } = world.cluster;
    const words = ["kubeconfig", "--state", join(folder, "state"), "--user", user, "--group", group];
    const { stdout } = await run(binary, words);
    const [entry] = (parse(stdout) as { users: { user: Record<string, string> }[] }).users;
    const pem = (name: string) => Buffer.from(entry?.user[name] ?? "", "base64").toString();
    return { cert: pem("client-certificate-data"), key: pem("client-key-data") };
  }

  it.for(paths)("answers 401 to somebody without credentials who asks for %s", async (path) => {
    expect(await ask(path)).toEqual({ status: 401, body: "Unauthorized" });
  });

  it("answers 401 to a token that is none, to one for another audience, and to a certificate of nobody's", async () => {
    expect((await ask(logsPath, { token: "made-up" })).status).toBe(401);
    expect((await ask(logsPath, { token: await tokenOf("reader", "--audience", "elsewhere") })).status).toBe(401);
    const now = systemClock.now();
    const subject = { commonName: "kube-apiserver-kubelet-client", organizations: ["kubeadm:cluster-admins"] };
    const own = issueCertificate({ subject, usage: "clientAuth", notBefore: now - 60_000, notAfter: now + 60_000 });
    expect((await ask(logsPath, own)).status).toBe(401);
  });

  it.for(paths)("answers 403 to a ServiceAccount without rights that asks for %s", async (path) => {
    const { status, body } = await ask(path, { token: await tokenOf("stranger") });
    expect(status).toBe(403);
    expect(body).toContain("user=system:serviceaccount:default:stranger");
    expect(body).not.toContain("three");
  });

  it("shows logs and pods to a ServiceAccount that may get nodes/proxy, and runs nothing for it", async () => {
    const token = await tokenOf("reader");
    expect(await ask(logsPath, { token })).toEqual({ status: 200, body: "one\ntwo\nthree\n" });
    const pods = JSON.parse((await ask("/pods", { token })).body) as { items: { metadata: { name: string } }[] };
    expect(pods.items.map(({ metadata }) => metadata.name)).toEqual(["speaks"]);
    expect((await ask("/exec/default/speaks/main?command=id&output=1", { token })).status).toBe(403);
  });

  it("does not let somebody in whose rights are for another node", async () => {
    const token = await tokenOf("of-neighbour");
    expect((await ask("/pods", { token }, "neighbour")).status).toBe(200);
    expect((await ask("/pods", { token })).status).toBe(403);
  });

  it("does not let another node in, nor its own, and lets in the API server", async () => {
    for (const name of ["neighbour", nodeName]) {
      const node = await certified(`system:node:${name}`, "system:nodes");
      expect(await ask(logsPath, node)).toMatchObject({
        status: 403,
        body: expect.stringContaining(`system:node:${name}`),
      });
    }
    const apiServer = await certified("kube-apiserver-kubelet-client", "kubeadm:cluster-admins");
    expect((await ask(logsPath, apiServer)).status).toBe(200);
  });

  it("does not let burstlet's own ServiceAccount in", async () => {
    const token = (await world.cluster.kubectl("create", "token", "-n", "burstlet", "burstlet")).trim();
    expect((await ask(logsPath, { token })).status).toBe(403);
  });

  it("keeps tokens out of the log", async () => {
    const token = await tokenOf("stranger");
    await ask(logsPath, { token });
    expect(world.burstlet.log()).toContain("forbidden");
    expect(world.burstlet.log()).not.toContain(token.split(".")[2]);
  });

  describe("used by kubectl logs", () => {
    const kubectl = (...words: string[]) => world.cluster.kubectl("logs", ...words);
    /** Two init containers and a main one that ended; one that runs; one that ends when told; one that was restarted. */
    beforeAll(async () => {
      const say = (text: string) => ({ image: "busybox", command: ["sh", "-c", `echo ${text}`] });
      await world.cluster.apply([
        onNode("ended", {
          restartPolicy: "Never",
          command: ["sh", "-c", "echo main; echo trouble >&2"],
          spec: { initContainers: ["first", "second"].map((name) => ({ name, ...say(name) })) },
        }),
        onNode("ending", { restartPolicy: "Never", command: ["sh", "-c", "echo begins; sleep 5; echo ends"] }),
        onNode("restarted", {
          // The volume outlives the container: the second run stays.
          command: ["sh", "-c", "if [ -e /v/x ]; then echo second; sleep 3600; fi; touch /v/x; echo first; exit 4"],
          container: { volumeMounts: [{ name: "v", mountPath: "/v" }] },
          spec: { volumes: [{ name: "v", emptyDir: {} }] },
        }),
      ]);
    });

    it("-f ends with the container, and has its last words", async () => {
      await world.until("ending", "runs", hasPhase("Running"));
      expect(await kubectl("-f", "ending")).toBe("begins\nends\n");
      await world.until("ending", "has succeeded", hasPhase("Succeeded"));
    });

    it("shows a running container, an ended one, and init containers", async () => {
      await world.until("ended", "has succeeded", hasPhase("Succeeded"));
      expect(await kubectl("speaks")).toBe("one\ntwo\nthree\n");
      expect((await kubectl("ended", "-c", "main")).split("\n").toSorted()).toEqual(["", "main", "trouble"]);
      expect(await kubectl("ended", "-c", "first")).toBe("first\n");
      const prefixed = await kubectl("ended", "--all-containers", "--prefix");
      expect(prefixed).toContain("[pod/ended/second] second\n");
    });

    it("--previous shows the run before, and says where there is none", async () => {
      await world.until("restarted", "runs again", (pod) => {
        const status = pod.status?.containerStatuses?.[0];
        return status?.restartCount === 1 && status.state?.running !== undefined;
      });
      expect(await kubectl("restarted", "--previous")).toBe("first\n");
      expect(await eventually("the new run speaks", async () => kubectl("restarted"))).toBe("second\n");
      await expect(kubectl("speaks", "--previous")).rejects.toThrow(
        'previous terminated container "main" in pod "speaks" not found',
      );
    });

    it("--tail, --limit-bytes, --timestamps and --since-time cut and mark", async () => {
      expect(await kubectl("speaks", "--tail=1")).toBe("three\n");
      expect(await kubectl("speaks", "--tail=0")).toBe("");
      expect(await kubectl("speaks", "--limit-bytes=5")).toBe("one\nt");
      const lines = (await kubectl("speaks", "--timestamps")).trim().split("\n");
      expect(lines.map((line) => line.split(" ")[1])).toEqual(["one", "two", "three"]);
      const times = lines.map((line) => line.split(" ")[0] ?? "");
      for (const time of times) expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(Z|[+-]\d\d:\d\d)$/);
      const later = rfc3339((parseTime(times[0]) ?? 0) + 60_000);
      expect(await kubectl("speaks", `--since-time=${later}`)).toBe("");
      expect(await kubectl("speaks", "--since=1h", "--tail=2")).toBe("two\nthree\n");
      await eventually("the lines are older than a second", async () => (await kubectl("speaks", "--since=1s")) === "");
    });

    it("says that a container does not exist, or has not begun", async () => {
      await expect(kubectl("speaks", "-c", "nobody")).rejects.toThrow("container nobody is not valid for pod speaks");
      await world.cluster.apply(onNode("no-image", { image: "no.such.registry.example/nothing:1" }));
      await world.until("no-image", "waits for its image", (pod) => {
        return /Image/.test(pod.status?.containerStatuses?.[0]?.state?.waiting?.reason ?? "");
      });
      await expect(kubectl("no-image")).rejects.toThrow(
        /container "main" in pod "no-image" is waiting to start: (trying and failing to pull image|image can't be pulled)/,
      );
    });
  });
});

/** Here, not at the neighbour's. */
function onNode(name: string, fixture: PodFixture): object {
  const spec = { nodeSelector: { "kubernetes.io/hostname": nodeName }, ...fixture.spec };
  return podManifest(name, { ...fixture, spec });
}

const account = (name: string) => ({
  apiVersion: "v1",
  kind: "ServiceAccount",
  metadata: { name, namespace: "default" },
});

/** `get nodes/proxy`, for these nodes or for all. */
function grant(name: string, resourceNames: readonly string[]): object[] {
  const rule = { apiGroups: [""], resources: ["nodes/proxy"], verbs: ["get"], resourceNames };
  const group = "rbac.authorization.k8s.io";
  const role = { apiVersion: `${group}/v1`, kind: "ClusterRole", metadata: { name }, rules: [rule] };
  const binding = {
    apiVersion: `${group}/v1`,
    kind: "ClusterRoleBinding",
    metadata: { name },
    roleRef: { apiGroup: group, kind: "ClusterRole", name },
    subjects: [{ kind: "ServiceAccount", name, namespace: "default" }],
  };
  return [role, binding];
}
