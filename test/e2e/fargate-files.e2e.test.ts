/** Files, secrets and names on Fargate, over tasks of the stand-in that are processes: what they read is really there. */
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Pod } from "../../src/model/kube.ts";
import { eventually } from "../support/eventually.ts";
import { describeWith } from "../support/requirements.ts";
import { type FargateWorld, launchesOf, startFargateWorld, waitsFor } from "./worlds/fargate-world.ts";
import { hasPhase, podManifest } from "./worlds/world.ts";

const image = "public.ecr.aws/docker/library/busybox:1.37";
/** One that the process runtime has, and the registry only for who has a login. */
const privateImage = "docker.io/library/alpine:3.22";
const grace = 5;
const bucket = "burstlet-files";
/** What cannot be compressed: more than a task takes in variables. */
const noise = () => randomBytes(50_000).toString("base64");

const configMap = (name: string, data: object) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data });
const secret = (name: string, stringData: object, type = "Opaque") => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name },
  type,
  stringData,
});
/** Runs once, and its output is what is looked at. */
const prints = (script: string, spec: object = {}, volumeMounts: readonly object[] = [], container: object = {}) => ({
  image,
  restartPolicy: "Never" as const,
  command: ["sh", "-c", script],
  container: { volumeMounts, ...container },
  spec,
});
const waitingMessage = ({ status }: Pod): string => status?.containerStatuses?.[0]?.state?.waiting?.message ?? "";
const refusal = ({ status }: Pod): string =>
  status?.conditions?.find(({ type }) => type === "burstlet.dev/Refused")?.message ?? "";
/** By when whoever has made a mistake has to know of it. */
const SOON_MS = 15_000;

describeWith(["go", "namespaces", "root", "busybox"], "files and secrets on Fargate", () => {
  let cloud: FargateWorld;
  beforeAll(async () => {
    cloud = await startFargateWorld({
      runtime: "process",
      fargate: (endpoint: string) => ({ secrets: { graceSeconds: grace }, files: { bucket, endpoint } }),
      scenario: {
        buckets: [bucket],
        images: { [privateImage]: { login: { username: "robot", password: "pa55" } } },
      },
    });
  });
  afterAll(() => cloud?.stop());

  /** Of pods; the installation's key stays. */
  const secretsOfPods = () => cloud.aws.secrets().filter(({ name }) => name.startsWith("burstlet/"));
  const output = async (name: string, phase: "Succeeded" | "Failed" = "Succeeded"): Promise<string> => {
    await cloud.world.until(name, `has ${phase}`, hasPhase(phase));
    return eventually(`CloudWatch has the output of ${name}`, async () =>
      cloud.world.cluster.kubectl("logs", name, "-c", "main"),
    );
  };

  it.concurrent("a pod has its configMap, secret, projected and downward API files, with their modes and groups", async () => {
    const files = [
      configMap("app", { "app.conf": "level: 7\n", "other.conf": "not wanted\n" }),
      secret("app", { password: "s3cret", cert: "----\n" }),
    ];
    const volumes = [
      { name: "conf", configMap: { name: "app", items: [{ key: "app.conf", path: "a/app.conf", mode: 0o640 }] } },
      { name: "hidden", secret: { secretName: "app", defaultMode: 0o400 } },
      {
        name: "all",
        projected: {
          sources: [
            { configMap: { name: "app", items: [{ key: "other.conf", path: "other" }] } },
            { secret: { name: "app", items: [{ key: "cert", path: "tls/cert" }] } },
            { downwardAPI: { items: [{ path: "me", fieldRef: { fieldPath: "metadata.name" } }] } },
          ],
        },
      },
      { name: "labels", downwardAPI: { items: [{ path: "labels", fieldRef: { fieldPath: "metadata.labels" } }] } },
      { name: "scratch", emptyDir: {} },
    ];
    const mounts = [
      { name: "conf", mountPath: "/etc/app", readOnly: true },
      { name: "hidden", mountPath: "/hidden" },
      { name: "all", mountPath: "/all" },
      { name: "all", mountPath: "/tls", subPath: "tls" },
      { name: "labels", mountPath: "/labels" },
      { name: "scratch", mountPath: "/scratch" },
    ];
    const script = [
      "cat /etc/app/a/app.conf; ls /etc/app",
      "cat /hidden/password; echo",
      "cat /all/other /all/me /tls/cert; echo",
      "grep -c team /labels/labels",
      "stat -L -c '%a %g %n' /etc/app/a/app.conf /hidden/password /scratch",
      "touch /scratch/mine && stat -c '%u %g' /scratch/mine",
      "if touch /etc/app/x 2>/dev/null; then echo writable; fi",
    ].join("; ");
    const fixture = prints(script, { volumes, securityContext: { runAsUser: 1000, fsGroup: 4000 } }, mounts);
    await cloud.world.cluster.apply([...files, podManifest("app", { ...fixture, labels: { team: "blue" } })]);
    expect((await output("app")).trimEnd().split("\n")).toEqual([
      "level: 7",
      "a",
      "s3cret",
      "not wanted",
      "app----",
      "",
      "1",
      "640 4000 /etc/app/a/app.conf",
      "440 4000 /hidden/password",
      "2777 4000 /scratch",
      "1000 4000",
    ]);
  });

  it.concurrent("pods that need the same secret share one, which no definition shows", async () => {
    await cloud.world.cluster.apply(secret("shared", { token: "t0ken-of-all" }));
    const env = [{ name: "TOKEN", valueFrom: { secretKeyRef: { name: "shared", key: "token" } } }];
    const names = ["sharing-1", "sharing-2", "sharing-3"];
    // One that stays: what nobody needs any more is removed, maybe before anybody looks.
    const stays = podManifest("sharing-on", prints("sleep 3600", {}, [], { env }));
    await cloud.world.cluster.apply([
      ...names.map((name) => podManifest(name, prints("echo $TOKEN", {}, [], { env }))),
      stays,
    ]);
    await cloud.world.until("sharing-on", "runs", hasPhase("Running"));
    for (const name of names) expect(await output(name)).toBe("t0ken-of-all\n");
    const launches = await Promise.all(names.map(async (name) => launchesOf(cloud, await cloud.world.pod(name))));
    expect(new Set(launches.flat().map(({ taskDefinitionArn }) => taskDefinitionArn)).size).toBe(1);
    expect(JSON.stringify(cloud.aws.ledger.entries)).not.toContain("t0ken-of-all");
    expect(secretsOfPods().filter(({ reads }) => reads === 4)).toHaveLength(1);
  });

  it.concurrent("names of hosts and another resolver reach every container", async () => {
    const spec = {
      hostAliases: [{ ip: "10.1.2.3", hostnames: ["db.internal", "db"] }],
      dnsPolicy: "None",
      dnsConfig: { nameservers: ["10.0.0.2"], searches: ["corp.example"], options: [{ name: "ndots", value: "3" }] },
    };
    await cloud.world.cluster.apply(podManifest("names", prints("grep db /etc/hosts; cat /etc/resolv.conf", spec)));
    expect(await output("names")).toBe(
      "10.1.2.3\tdb.internal\tdb\nsearch corp.example\nnameserver 10.0.0.2\noptions ndots:3\n",
    );
  });

  it.concurrent("the service account's token is there where the pod asks for it", async () => {
    const script = "cd /var/run/secrets/kubernetes.io/serviceaccount && ls && cut -c1-2 token && cat namespace";
    const annotations = { "fargate.burstlet.dev/service-account-token": "true" };
    await cloud.world.cluster.apply(podManifest("robot", { ...prints(script), annotations }));
    expect(await output("robot")).toBe("ca.crt\nnamespace\ntoken\ney\ndefault\n");
  });

  it.concurrent("a pull secret is the login that ECS pulls with", async () => {
    const auths = { "docker.io": { username: "robot", password: "pa55" } };
    const dockerconfig = { ".dockerconfigjson": JSON.stringify({ auths }) };
    await cloud.world.cluster.apply([
      secret("login", dockerconfig, "kubernetes.io/dockerconfigjson"),
      podManifest("private", {
        ...prints("echo pulled", { imagePullSecrets: [{ name: "login" }] }),
        image: privateImage,
      }),
    ]);
    expect(await output("private")).toBe("pulled\n");
  });

  it.concurrent("files that are too large for a task come by way of a bucket, as they are", async () => {
    await cloud.world.cluster.apply(["large-1", "large-2"].map((name) => configMap(name, { noise: noise() })));
    const volumes = ["large-1", "large-2"].map((name) => ({ name, configMap: { name } }));
    const mounts = volumes.map(({ name }) => ({ name, mountPath: `/${name}` }));
    const names = ["fetches-1", "fetches-2"];
    const fixture = prints("wc -c < /large-1/noise; wc -c < /large-2/noise", { volumes }, mounts);
    // One that stays, as above.
    const stays = podManifest("fetches-on", prints("sleep 3600", { volumes }, mounts));
    await cloud.world.cluster.apply([...names.map((name) => podManifest(name, fixture)), stays]);
    await cloud.world.until("fetches-on", "runs", hasPhase("Running"));
    for (const name of names) expect(await output(name)).toBe("66668\n66668\n");
    expect(cloud.aws.objects(bucket)).toHaveLength(1);
  });

  describe("bad input is told at once", () => {
    it.concurrent("a Secret that is not there, until it is", async () => {
      const env = [{ name: "A", valueFrom: { secretKeyRef: { name: "late", key: "a" } } }];
      await cloud.world.cluster.apply(podManifest("early", prints("echo $A", {}, [], { env })));
      const pod = await cloud.world.until(
        "early",
        "says why",
        (one) => waitsFor(one) === "CreateContainerConfigError",
        SOON_MS,
      );
      expect(waitingMessage(pod)).toContain('secret "late" not found');
      await cloud.world.cluster.apply(secret("late", { a: "at last" }));
      expect(await output("early")).toBe("at last\n");
    });

    it.concurrent("secret files that are too large, with their size: they never go into the bucket", async () => {
      await cloud.world.cluster.apply(["secret-1", "secret-2"].map((name) => secret(name, { noise: noise() })));
      const volumes = ["secret-1", "secret-2"].map((name) => ({ name, secret: { secretName: name } }));
      const mounts = volumes.map(({ name }) => ({ name, mountPath: `/${name}` }));
      await cloud.world.cluster.apply(podManifest("large", prints("true", { volumes }, mounts)));
      const pod = await cloud.world.until("large", "is refused", hasPhase("Failed"), SOON_MS);
      expect(refusal(pod)).toMatch(/A task has at most 100,000 bytes .*\b1\d\d,\d{3}\b/);
      expect(launchesOf(cloud, pod)).toEqual([]);
    });
  });

  it("a right that is missing is told with its name, and the pod runs once it is there", async () => {
    const message =
      "User: arn:aws:iam::123456789012:user/burstlet is not authorized to perform: secretsmanager:CreateSecret";
    const fault = { name: "right", call: "secretsmanager:CreateSecret" };
    cloud.aws.faults.set({ ...fault, error: { type: "AccessDeniedException", message, status: 400 } });
    await cloud.world.cluster.apply(secret("denied", { a: "allowed now" }));
    const env = [{ name: "A", valueFrom: { secretKeyRef: { name: "denied", key: "a" } } }];
    await cloud.world.cluster.apply(podManifest("denied", prints("echo $A", {}, [], { env })));
    const says = (pod: Pod) => waitingMessage(pod).includes("secretsmanager:CreateSecret");
    const pod = await cloud.world.until("denied", "says which right is missing", says, SOON_MS);
    expect(launchesOf(cloud, pod)).toEqual([]);
    cloud.aws.faults.clear(fault.name);
    expect(await output("denied")).toBe("allowed now\n");
  });

  it("nothing stays in Secrets Manager when its pods are gone, also over a restart of burstlet", async () => {
    expect(secretsOfPods()).not.toEqual([]);
    await cloud.world.cluster.kubectl("delete", "pods", "--all", "--timeout=60s");
    await cloud.world.burstlet.kill();
    cloud.world.startAgain();
    await eventually(
      "only the key is left",
      () => secretsOfPods().length === 0 && cloud.aws.objects(bucket).length === 0,
    );
    expect(cloud.aws.secrets().map(({ name }) => name)).toEqual([expect.stringMatching(/^burstlet-key\//)]);
  });
});
