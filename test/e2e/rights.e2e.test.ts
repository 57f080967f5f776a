import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { request, Agent } from "undici";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { eventually, soon } from "../support/eventually.ts";
import { namespaceAddress } from "../support/namespace.ts";
import { describeWith } from "../support/requirements.ts";
import { processesOf } from "./processes.ts";
import { hasPhase, isReady, nodeName, podManifest, startWorld, type World } from "./worlds/world.ts";

const rbacFile = join(import.meta.dirname, "../../deploy/rbac.yaml");
const burstletUser = "system:serviceaccount:burstlet:burstlet";

/** Rights that no small scenario uses, each with the feature that needs it. */
const unused: Readonly<Record<string, string>> = {
  "get pods": "completing a deletion: a refusal with 409 may mean another pod of the same name, or a busy API server",
};

/** One line of the API server's audit log, as far as it matters here. */
interface AuditEvent {
  readonly verb: string;
  readonly requestURI: string;
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code: number };
  readonly annotations?: Readonly<Record<string, string>>;
}

/** One verb on one resource; `within` and `only` where the right ends there. */
interface Right {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly within?: string;
  readonly only?: string;
}

interface Rule {
  readonly apiGroups: string[];
  readonly resources: string[];
  readonly verbs: string[];
  readonly resourceNames?: string[];
}

describeWith(["go", "namespaces", "root", "busybox"], "deploy/rbac.yaml", () => {
  let folder: string;
  let world: World;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "burstlet-audit-"));
    const policy = {
      apiVersion: "audit.k8s.io/v1",
      kind: "Policy",
      // A watch that is open has only begun to be answered.
      rules: [{ level: "Metadata", users: [burstletUser], omitStages: ["RequestReceived"] }, { level: "None" }],
    };
    writeFileSync(join(folder, "policy.json"), JSON.stringify(policy));
    world = await startWorld({
      args: [
        `--apiserver-arg=--audit-policy-file=${join(folder, "policy.json")}`,
        `--apiserver-arg=--audit-log-path=${join(folder, "audit.log")}`,
      ],
    });
  });
  afterAll(async () => {
    await world?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const audited = () =>
    readFileSync(join(folder, "audit.log"), "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as AuditEvent);
  const forbidden = () => audited().filter(({ responseStatus }) => responseStatus?.code === 403);

  it("grants every call that burstlet makes, and nothing that it does not make", async () => {
    await liveADay(world);
    const seen = audited().filter(({ requestURI }) => requestURI !== "/version");
    expect(seen.length).toBeGreaterThan(30);
    expect(forbidden().map(described)).toEqual([]);
    // In the API server's own words: it was one of our bindings that allowed the call, not what everybody may do.
    const others = seen.filter(({ annotations }) => !/Binding "burstlet/.test(annotations?.[decisionReason] ?? ""));
    expect([...new Set(others.map(described))]).toEqual([]);

    const rights = rightsIn(readFileSync(rbacFile, "utf8"));
    const strange = seen.filter((event) => !rights.some((right) => grants(right, event)));
    expect([...new Set(strange.map(described))]).toEqual([]);
    // Where two rights allow a call, the narrower one is the one that was made for it.
    const narrowFirst = rights.toSorted((a, b) => Number(isNarrow(b)) - Number(isNarrow(a)));
    const used = new Set(seen.map((event) => narrowFirst.find((right) => grants(right, event))));
    const idle = rights.filter((right) => !used.has(right)).map(nameOf);
    expect(idle.toSorted()).toEqual(Object.keys(unused).toSorted());
  });

  it("lacking one right, burstlet names it and the fix in one line, tasks run on, and it recovers", async () => {
    await world.cluster.apply(podManifest("works"));
    const before = await world.until("works", "is ready", isReady);
    const processes = await processesOf(world.stateDir);
    await takeAway("pods/status");
    await world.cluster.apply(podManifest("blocked"));
    // It goes on trying: the audit log has more than one refusal, its own log has one line.
    const refused = () => forbidden().filter(({ objectRef }) => objectRef?.subresource === "status").length;
    await eventually("it has tried three times", () => refused() >= 3);
    const [line = "", ...more] = await eventually("it has said so", () => {
      const lines = linesWith("permission missing");
      return lines.length > 0 && lines;
    });
    expect(more).toEqual([]);
    expect(line).toMatch(/ERROR .*verb=patch .*resource=pods\/status .*fix="kubectl apply -f deploy\/rbac\.yaml/);
    expect(await processesOf(world.stateDir)).toEqual(processes);
    expect((await world.pod("blocked")).status?.containerStatuses).toBeUndefined();

    await world.cluster.apply(readFileSync(rbacFile, "utf8"));
    await world.until("blocked", "is ready", isReady);
    // The API server shows the status before burstlet has its answer.
    await soon(() =>
      expect(linesWith("permission granted")).toEqual([expect.stringContaining("resource=pods/status")]),
    );
    expect((await world.pod("works")).status?.containerStatuses).toEqual(before.status?.containerStatuses);
  });

  it.for(["namespaces", "pods", "nodes", "leases", "services"])(
    "started without its rights on %s, burstlet names one of them, waits, and recovers",
    async (resource) => {
      await world.burstlet.stop();
      await takeAway(resource);
      const burstlet = world.startAgain();
      await eventually("the right is named", () => linesWith("permission missing").length > 0);
      const told = linesWith("permission missing");
      expect(told.every((line) => line.includes(`resource=${resource} `))).toBe(true);
      expect(new Set(told.map((line) => /verb=\w+/.exec(line)?.[0])).size).toBe(told.length);
      await world.cluster.apply(readFileSync(rbacFile, "utf8"));
      const name = `after-${resource}`;
      await world.cluster.apply(podManifest(name, { restartPolicy: "Never", command: ["true"] }));
      await world.until(name, "has succeeded", hasPhase("Succeeded"));
      expect(await Promise.race([burstlet.ended, Promise.resolve("it runs")])).toBe("it runs");
    },
  );

  /** Resolves when the API server has taken note of it, which it does in its own time. */
  const takeAway = async (taken: string): Promise<void> => {
    const [right] = rightsIn(readFileSync(rbacFile, "utf8")).filter(({ resource }) => resource === taken);
    const { verb = "", within = "default", only } = right ?? {};
    const [resource = "", subresource] = taken.split("/");
    const named = only === undefined ? resource : `${resource}/${only}`;
    const part = subresource === undefined ? [] : [`--subresource=${subresource}`];
    const asked = ["auth", "can-i", verb, named, ...part, "-n", within, `--as=${burstletUser}`];
    // Its answer is its exit code.
    const isThere = async () =>
      world.cluster.kubectl(...asked).then(
        () => true,
        () => false,
      );
    expect(await isThere()).toBe(true);
    await world.cluster.apply(without(taken));
    await eventually(`there is no right on ${taken}`, async () => !(await isThere()));
  };

  const linesWith = (message: string) =>
    world.burstlet
      .log()
      .split("\n")
      .filter((line) => line.includes(message));
});

const decisionReason = "authorization.k8s.io/reason";

/** Everything that burstlet does for a cluster, once. */
async function liveADay(world: World): Promise<void> {
  const { cluster } = world;
  const env = [
    { name: "A", valueFrom: { configMapKeyRef: { name: "settings", key: "a" } } },
    { name: "B", valueFrom: { secretKeyRef: { name: "keys", key: "b" } } },
  ];
  const sources = [{ serviceAccountToken: { path: "token", audience: "vault", expirationSeconds: 600 } }];
  await cluster.apply([
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "settings" }, data: { a: "1" } },
    { apiVersion: "v1", kind: "Secret", metadata: { name: "keys" }, stringData: { b: "2" } },
    podManifest("configured", {
      command: ["sh", "-c", 'echo "$A $B $(wc -c </t/token)"; sleep 3600'],
      container: { env, volumeMounts: [{ name: "t", mountPath: "/t" }] },
      spec: { volumes: [{ name: "t", projected: { sources } }] },
    }),
    podManifest("refused", { spec: { hostNetwork: true } }),
    podManifest("failing", { command: ["sh", "-c", "exit 1"] }),
  ]);
  await world.until("configured", "is ready", isReady);
  await world.until("refused", "is refused", hasPhase("Failed"));
  // It runs, and so is ready, before it has printed anything.
  const printed = await eventually("its output", async () => cluster.kubectl("logs", "configured"));
  expect(printed).toMatch(/^1 2 [1-9]\d{2,}\n$/);
  await askWithToken(world);
  await eventually("an event is repeated", async () => {
    const { items } = await cluster.get<{ items: { count?: number; reason: string }[] }>("events");
    return items.some(({ count = 1 }) => count > 1);
  });
  await cluster.kubectl("delete", "pod", "configured", "failing", "--timeout=30s");
  await cluster.kubectl("delete", "node", nodeName);
  await nodeIsReady(world);
  await world.burstlet.stop();
  world.startAgain();
  await eventually("it serves again", () => world.burstlet.log().includes("node is ready"));
}

async function nodeIsReady(world: World): Promise<void> {
  await eventually("the node is Ready", async () => {
    const { status } = await world.node();
    return status?.conditions?.some((one) => one.type === "Ready" && one.status === "True");
  });
}

/** A scraper comes to the node's port with a token of its own. */
async function askWithToken(world: World): Promise<void> {
  const token = (await world.cluster.kubectl("create", "token", "default")).trim();
  const port = (await world.node()).status?.daemonEndpoints?.kubeletEndpoint?.Port;
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
  const headers = { authorization: `Bearer ${token}` };
  const answer = await request(`https://${namespaceAddress()}:${port}/metrics`, { dispatcher, headers });
  await answer.body.dump();
  await dispatcher.close();
  expect(answer.statusCode).toBe(403);
}

interface Grant {
  readonly kind: string;
  readonly metadata: { readonly namespace?: string };
  readonly rules: readonly Rule[];
}

function grantsIn(text: string): Grant[] {
  const objects = parseAllDocuments(text).map((document) => document.toJS() as Grant);
  return objects.filter(({ kind }) => kind === "ClusterRole" || kind === "Role");
}

function rightsIn(text: string): Right[] {
  return grantsIn(text).flatMap(({ metadata: { namespace: within }, rules }) =>
    rules.flatMap(({ apiGroups, resources, verbs, resourceNames = [undefined] }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) =>
          verbs.flatMap((verb) =>
            resourceNames.map((only) => ({ verb, group, resource, ...(within && { within }), ...(only && { only }) })),
          ),
        ),
      ),
    ),
  );
}

function grants({ verb, group, resource, within, only }: Right, { verb: done, objectRef = {} }: AuditEvent): boolean {
  return (
    done === verb &&
    (objectRef.apiGroup ?? "") === group &&
    resourceOf(objectRef) === resource &&
    (within === undefined || objectRef.namespace === within) &&
    (only === undefined || objectRef.name === only)
  );
}

const isNarrow = ({ within, only }: Right): boolean => within !== undefined || only !== undefined;

const resourceOf = ({ resource = "", subresource }: NonNullable<AuditEvent["objectRef"]>): string =>
  subresource === undefined ? resource : `${resource}/${subresource}`;

const nameOf = ({ verb, group, resource, within, only }: Right): string =>
  `${verb} ${[group, resource].filter(Boolean).join("/")}${within ? ` in ${within}` : ""}${only ? ` named ${only}` : ""}`;

const described = ({ verb, requestURI, annotations }: AuditEvent): string =>
  `${verb} ${requestURI.split("?")[0]} (${annotations?.[decisionReason] ?? ""})`;

/** deploy/rbac.yaml without every right on one resource. */
function without(resource: string): object[] {
  return parseAllDocuments(readFileSync(rbacFile, "utf8"))
    .map((document) => document.toJS() as object)
    .map((object) => {
      if (!("rules" in object)) return object;
      const rules = (object as Grant).rules.map((rule) => ({
        ...rule,
        resources: rule.resources.filter((one) => one !== resource),
      }));
      return { ...object, rules: rules.filter(({ resources }) => resources.length > 0) };
    });
}
