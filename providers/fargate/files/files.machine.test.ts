/** Files as a pod's programs find them, in tasks of the stand-in that are processes of this host. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { fargateTarget } from "../../../test/contract/targets/fargate-target.ts";
import type { ContractTarget } from "../../../test/contract/target.ts";
import { eventually } from "../../../test/support/eventually.ts";
import { describeWith } from "../../../test/support/requirements.ts";
import { podOf, resolvedPod, type World } from "../../../test/support/resolve-sources.ts";
import { idempotencyToken, type Pod, SecretText } from "../../../src/provider.ts";
import type { FargateRequest } from "../request.ts";
import { archiveOf } from "./archive.ts";
import { filesRoot, linkVariable, scriptOf, sumVariable } from "./script.ts";

const world: World = {
  configMaps: {
    settings: {
      data: { "app.conf": "greeting=hello 'there' $HOME\n", empty: "" },
      binaryData: { logo: Buffer.from([0, 1, 255, 10, 13]).toString("base64") },
    },
  },
  secrets: {
    account: { data: { user: "me" } },
    db: { data: { password: "correct horse", blob: Buffer.from([0, 200, 255]), user: "me" } },
  },
};

const archive = archiveOf([{ path: "file", content: "x", encoding: "utf8", mode: 0o644, gid: 0 }]) as string;
const sumOf = (text: string): string => createHash("sha256").update(text).digest("hex");
const dns = { policy: "cloud", nameservers: [], searches: [], options: [] } as const;

const signal = new AbortController().signal;

describeWith(["root", "namespaces", "busybox"], "files of a pod on Fargate", () => {
  let target: ContractTarget;
  let launches = 0;
  beforeAll(async () => {
    target = await fargateTarget();
    const { provider } = target;
    void provider.watch({ task() {}, gone() {}, synced() {}, health() {} }, signal);
  });
  afterAll(() => target?.close());

  /** What the pod's main container writes until it ends. */
  async function outputOf(spec: NonNullable<Pod["spec"]>, node: object = {}): Promise<string> {
    const { provider, clusterUid } = target;
    const podUid = `00000000-0000-4000-8000-${String(++launches).padStart(12, "0")}`;
    const pod = podOf({ restartPolicy: "Never", ...spec }, { uid: podUid, labels: { app: "web" } });
    const { request, refusals } = provider.translate(await resolvedPod(pod, world, node));
    if (request === undefined) throw new Error(JSON.stringify(refusals));
    const identity = { clusterUid, podUid, attempt: 1 };
    const token = idempotencyToken(identity, 1);
    const { id } = await provider.launch({ identity, token, tryNumber: 1, request }, signal);
    const ended = await eventually("it has ended", async () =>
      (await provider.list()).find((one) => one.id === id && one.phase === "stopped"),
    );
    expect(ended.containers.map(({ name, state }) => [name, state.is === "terminated" && state.exitCode])).toEqual(
      (spec.initContainers ?? []).concat(spec.containers).map(({ name }) => [name, 0]),
    );
    const source = { task: { identity, id }, container: "main", instance: 0 };
    const read = async (): Promise<string> => {
      let text = "";
      for await (const batch of provider.logs?.(source, { follow: false, tailLines: undefined }, signal) ?? [])
        text += batch.map(({ bytes }) => `${bytes.toString()}\n`).join("");
      return text;
    };
    const whole = await eventually("its last line is there", async () => {
      const text = await read();
      return text.endsWith(`${last}\n`) && text;
    });
    return whole.slice(0, -last.length - 1);
  }
  const last = "that is all";
  const main = (script: string, more: object = {}) => ({
    name: "main",
    image: "busybox:1",
    command: ["sh", "-c", `${script}\necho ${last}`],
    ...more,
  });

  it("have their contents, modes and owners, and nobody can change them", async () => {
    const text = await outputOf({
      securityContext: { fsGroup: 2000 },
      volumes: [
        { name: "config", configMap: { name: "settings", defaultMode: 0o600 } },
        {
          name: "secret",
          secret: {
            secretName: "db",
            items: [
              { key: "password", path: "deep/pw", mode: 0o400 },
              { key: "blob", path: "blob" },
            ],
          },
        },
        { name: "me", downwardAPI: { items: [{ path: "labels", fieldRef: { fieldPath: "metadata.labels" } }] } },
        {
          name: "all",
          projected: {
            sources: [
              { configMap: { name: "settings", items: [{ key: "empty", path: "c/empty" }] } },
              { secret: { name: "db", items: [{ key: "user", path: "s/user" }] } },
              { downwardAPI: { items: [{ path: "d/uid", fieldRef: { fieldPath: "metadata.name" } }] } },
              { secret: { name: "none", optional: true } },
            ],
          },
        },
        { name: "scratch", emptyDir: {} },
      ],
      containers: [
        main(
          [
            "cd /config; for f in *; do stat -c '%n %a %u:%g' $f; done; cat app.conf; od -An -tx1 logo",
            "cd /secret; stat -c '%n %a %u:%g' deep deep/pw; cat deep/pw; echo; od -An -tx1 blob",
            "cat /me/labels; echo; cat /all/c/empty /all/s/user /all/d/uid; echo",
            "touch /config/new 2>/dev/null || echo read-only",
            "stat -c '%a %g' /scratch; touch /scratch/mine; stat -c '%g' /scratch/mine",
            "env | grep -c BURSTLET || true",
          ].join("\n"),
          {
            volumeMounts: ["config", "secret", "me", "all", "scratch"].map((name) => ({ name, mountPath: `/${name}` })),
          },
        ),
      ],
    });
    expect(text.split("\n").map((line) => line.trim())).toEqual([
      "app.conf 640 0:2000",
      "empty 640 0:2000",
      "logo 640 0:2000",
      "greeting=hello 'there' $HOME",
      "00 01 ff 0a 0d",
      "deep 755 0:2000",
      "deep/pw 440 0:2000",
      "correct horse",
      "00 c8 ff",
      'app="web"',
      "meweb",
      "read-only",
      "2777 2000",
      "2000",
      "0",
      "",
    ]);
  });

  it.for<[what: string, sum: string, served: string, words: string]>([
    ["are unpacked", sumOf(archive), archive, "unpacked"],
    ["are not, where others came", sumOf("others"), archive, "the bucket has other files than these"],
    ["are not, where there are none", sumOf(archive), "", "the files cannot be fetched from the bucket"],
  ])("by way of a link %s", async ([, sum, served, words]) => {
    const server = createServer((_, res) => res.writeHead(served === "" ? 404 : 200).end(served)).listen(
      0,
      "127.0.0.1",
    );
    await once(server, "listening");
    const root = mkdtempSync(join(tmpdir(), "burstlet-link-"));
    const unpacks = [{ folder: `${filesRoot}/0`, isObject: true, variables: [] }];
    const script = scriptOf([], unpacks, { hostAliases: [], dns }).replaceAll(filesRoot, root);
    mkdirSync(join(root, "0"));
    const env = {
      PATH: process.env["PATH"],
      [linkVariable]: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      [sumVariable]: sum,
    };
    const child = spawn("busybox", ["sh", "-c", script], { env });
    let said = "";
    child.stderr.on("data", (bytes: Buffer) => (said += bytes.toString()));
    const [code] = (await once(child, "close")) as [number];
    const unpacked = existsSync(join(root, "0", "file")) ? "unpacked" : "";
    rmSync(root, { recursive: true });
    server.close();
    expect([code === 0, `${unpacked}${said}`]).toEqual([words === "unpacked", expect.stringContaining(words)]);
  });

  it("are there before the first init container, each folder by subPath as a volume of its own", async () => {
    const items = [
      { key: "app.conf", path: "a/app.conf" },
      { key: "empty", path: "b/c/empty" },
    ];
    const text = await outputOf({
      volumes: [
        { name: "config", configMap: { name: "settings", items } },
        { name: "work", emptyDir: {} },
      ],
      initContainers: [
        {
          ...main("cat /conf/app.conf > /out/seen"),
          name: "first",
          volumeMounts: [
            { name: "config", mountPath: "/conf", subPath: "a" },
            { name: "work", mountPath: "/out", subPath: "out" },
          ],
        },
      ],
      containers: [
        main("find /etc/conf -type f; cat /in/seen; id -u; touch /in/mine /tmp/x && echo writes", {
          securityContext: { runAsUser: 1000 },
          volumeMounts: [
            { name: "config", mountPath: "/etc/conf", subPath: "b" },
            { name: "work", mountPath: "/in", subPath: "out" },
          ],
        }),
      ],
    });
    expect(text).toBe("/etc/conf/c/empty\ngreeting=hello 'there' $HOME\n1000\nwrites\n");
  });

  it("that cannot be unpacked are told by what the tools say, which is nothing of a secret", async () => {
    const { provider, clusterUid } = target;
    const podUid = `00000000-0000-4000-8000-${String(++launches).padStart(12, "0")}`;
    const spec = {
      volumes: [{ name: "secret", secret: { secretName: "db" } }],
      containers: [main("true", { volumeMounts: [{ name: "secret", mountPath: "/secret" }] })],
    };
    const { request } = provider.translate(await resolvedPod(podOf(spec, { uid: podUid }), world)) as {
      request: FargateRequest;
    };
    const identity = { clusterUid, podUid, attempt: 1 };
    const secrets = request.secrets.map((one) => ({ ...one, content: new SecretText("correct horse") }));
    const token = idempotencyToken(identity, 1);
    const { id } = await provider.launch({ identity, token, tryNumber: 1, request: { ...request, secrets } }, signal);
    const ended = await eventually("it has ended", async () =>
      (await provider.list()).find((one) => one.id === id && one.phase === "stopped"),
    );
    expect(ended.message).toMatch(/^burstlet_init, .* has failed with exit code 1: (base64|gzip): /);
    expect(ended.message).not.toMatch(/correct|horse/);
    expect(ended.containers[0]?.state).toMatchObject({ is: "waiting", message: ended.message });
  });

  it("are not needed for secret variables, which only their own container has", async () => {
    const secretKeyRef = { name: "db", key: "password" };
    const text = await outputOf({
      initContainers: [{ ...main('test -z "${PASSWORD-}"'), name: "other" }],
      containers: [
        main('echo "$PASSWORD|$DSN|$user"', {
          envFrom: [{ secretRef: { name: "account" } }],
          env: [
            { name: "PASSWORD", valueFrom: { secretKeyRef } },
            { name: "DSN", value: "db://$(user):$(PASSWORD)@h" },
          ],
        }),
      ],
    });
    expect(text).toBe("correct horse|db://me:correct horse@h|me\n");
  });
});
