import { describe, expect, it } from "vitest";
import type { Pod, Provider, ResolvedPod, SupportRow } from "../provider.ts";
import { now, pod } from "../status/testing.ts";
import type { Notices } from "./notices/notices.ts";
import { createPrepare, createPrepareAddition } from "./prepare.ts";

const node = { name: "burst", allocatable: { cpu: 1, memory: 1e9, ephemeralStorage: 1e9 } };
const sources = {
  configMap: async (_namespace: string, name: string) => (name === "there" ? { data: { key: "value" } } : undefined),
  secret: async () => undefined,
  services: () => [],
  serviceAccountToken: async () => ({ token: "", expiresAt: "" }),
  persistentVolumeClaim: async () => undefined,
  persistentVolume: async () => undefined,
};

/** A provider that takes every pod but those with this container. */
function providerRefusing(
  container: string,
  support: readonly SupportRow[] = [],
): { seen: ResolvedPod[]; provider: Provider } {
  const seen: ResolvedPod[] = [];
  const translate = (of: ResolvedPod) => {
    seen.push(of);
    return of.containers.some((one) => one.name === container)
      ? { refusals: [{ path: "spec", sentence: "no" }] }
      : { refusals: [] as const, request: { names: of.containers.map((one) => one.name) } };
  };
  return { seen, provider: { translate, support } as Provider };
}

const fingerprint = () => "print";
const notices: Notices = { refusals: async () => [], fresh: async () => [] };
const resolving = (provider: Provider) => ({ provider, sources, node, fingerprint, notices });

const prepared = async (of: Pod, omit: readonly string[] = []) =>
  createPrepare(resolving(providerRefusing("bad").provider))(of, { attempt: 2, omit }, now);

const withEnv = (map: string, name = "a") => {
  const of = pod([name], "Always", { metadata: { generation: 3 } });
  const envFrom = [{ configMapRef: { name: map } }];
  return { ...of, spec: { ...of.spec, containers: [{ name, image: "busybox", envFrom }] } } as Pod;
};

describe("preparing a pod", () => {
  it("ends in a request, for this generation and attempt, without what has completed", async () => {
    const { prepared: outcome, events } = await prepared(pod(["a", "b"], "OnFailure"), ["a"]);
    const files = { sent: new Map(), refreshAt: undefined, lookedAt: now };
    expect(outcome).toEqual({ generation: 1, attempt: 2, is: "ready", request: { names: ["b"] }, files });
    expect(events).toEqual([]);
  });

  it("ends in the provider's refusals", async () => {
    expect((await prepared(pod(["bad"], "Always"))).prepared).toMatchObject({
      is: "refused",
      refusals: [{ path: "spec", sentence: "no" }],
    });
  });

  it("ends in what is missing, to be looked for again, with the kubelet's event and virtual-kubelet's", async () => {
    const { prepared: outcome, events } = await prepared(withEnv("absent"));
    expect(outcome).toMatchObject({
      generation: 3,
      is: "missing",
      reason: "CreateContainerConfigError",
      retryAt: now + 5_000,
    });
    expect(outcome).toHaveProperty("message", expect.stringContaining("absent"));
    const again = "it is looked for every 5 s, and what waits for it starts once it is there";
    expect(events.map(({ reason, container, message }) => [reason, container, message])).toEqual([
      ["Failed", "a", 'Error: configmap "absent" not found'],
      ["MandatoryConfigMapNotFound", undefined, `configmap "absent" not found; ${again}`],
    ]);
    expect((await prepared(withEnv("there"))).prepared.is).toBe("ready");
  });

  it("is refused for a policy together with what the provider refuses, and waits while policies cannot be read", async () => {
    const forbidden = { path: "metadata.labels", sentence: "forbidden" };
    const prepare = (refusals: Notices["refusals"], name: string) =>
      createPrepare({ ...resolving(providerRefusing("bad").provider), notices: { ...notices, refusals } })(
        pod([name], "Never"),
        { attempt: 1, omit: [] },
        now,
      );
    expect((await prepare(async () => [forbidden], "a")).prepared).toMatchObject({
      is: "refused",
      refusals: [forbidden],
    });
    expect((await prepare(async () => [forbidden], "bad")).prepared).toMatchObject({
      refusals: [{ path: "spec", sentence: "no" }, forbidden],
    });
    const unknown = async () => Promise.reject(new Error("no right"));
    expect((await prepare(unknown, "a")).prepared).toMatchObject({
      is: "missing",
      reason: "NetworkPolicyUnknown",
      message: expect.stringContaining("no right") as string,
      retryAt: now + 5_000,
    });
    expect((await prepare(unknown, "bad")).prepared).toMatchObject({ is: "refused" });
  });

  it("tells what its owner should know when it is about to run, and only then", async () => {
    const event = { type: "Warning", reason: "FieldsChanged", message: "so" } as const;
    const fresh = async () => [event];
    const prepare = createPrepare({ ...resolving(providerRefusing("bad").provider), notices: { ...notices, fresh } });
    const launch = { attempt: 1, omit: [] };
    expect((await prepare(pod(["a"], "Never"), launch, now)).events).toEqual([event]);
    expect((await prepare(pod(["bad"], "Never"), launch, now)).events).toEqual([]);
    expect((await prepare(withEnv("absent"), launch, now)).events).not.toContain(event);
  });

  const row = (path: string, ...found: string[]): SupportRow => ({
    path,
    effect: "refused",
    sentence: "Not here.",
    find: () => found,
  });

  it("is refused by the table at once, although an object is missing, which is then no news", async () => {
    const { provider } = providerRefusing("bad", [row("spec.hostPID", "spec.hostPID"), row("spec.none")]);
    const forbidden = { path: "metadata.labels", sentence: "forbidden" };
    const prepare = createPrepare({
      ...resolving(provider),
      notices: { ...notices, refusals: async () => [forbidden] },
    });
    const { prepared: outcome, events } = await prepare(withEnv("absent"), { attempt: 1, omit: [] }, now);
    const refusals = [{ path: "spec.hostPID", sentence: "Not here." }, forbidden];
    expect(outcome).toEqual({ generation: 3, attempt: 1, is: "refused", refusals });
    expect(events).toEqual([]);
  });

  it("is refused with what can never be resolved and what the table says together, each field once", async () => {
    const env = [
      { name: "NOT=A-NAME", value: "x" },
      { name: "A", valueFrom: { fieldRef: { fieldPath: "spec.nothing" } } },
    ];
    const of = pod(["a"], "Never");
    const invalid = { ...of, spec: { ...of.spec, containers: [{ name: "a", image: "busybox", env }] } } as Pod;
    const field = "spec.containers[0].env[1].valueFrom";
    const { provider } = providerRefusing("bad", [row("spec.containers[].env[].valueFrom", field)]);
    const { prepared: outcome, events } = await createPrepare(resolving(provider))(
      invalid,
      { attempt: 1, omit: [] },
      now,
    );
    expect(outcome).toMatchObject({ is: "refused" });
    expect("refusals" in outcome && outcome.refusals.map(({ path }) => path)).toEqual([
      field,
      "spec.containers[0].env[0].name",
    ]);
    expect(events.map(({ reason }) => reason)).toEqual(["Failed", "InvalidEnvironmentVariableNames", "Failed"]);
  });

  it("asks no provider about a pod that is not resolved", async () => {
    const { seen, provider } = providerRefusing("bad");
    await createPrepare(resolving(provider))(withEnv("absent", "bad"), { attempt: 1, omit: [] }, now);
    expect(seen).toEqual([]);
  });
});

describe("preparing an ephemeral container", () => {
  const debugged = (container: object): Pod => {
    const of = pod(["a"], "Always");
    const volumes = [{ name: "other", configMap: { name: "absent" } }];
    return { ...of, spec: { ...of.spec, volumes, ephemeralContainers: [container] } } as Pod;
  };
  const debugging = { name: "debug", image: "busybox", targetContainerName: "a" };

  it("asks the provider for it alone, with what it is to look at, and for none of the pod's own volumes", async () => {
    const { seen, provider } = providerRefusing("bad");
    const { addition } = await createPrepareAddition(resolving(provider))(debugged(debugging), "debug", now);
    expect(addition).toEqual({ is: "ready", request: { names: ["debug"] } });
    expect(seen[0]?.containers).toMatchObject([{ name: "debug", kind: "ephemeral", targetContainer: "a" }]);
    expect(seen[0]?.pod.spec?.containers).toEqual([{ name: "debug", image: "busybox" }]);
  });

  it("knows the volumes whose files its variables come out of", async () => {
    const { seen, provider } = providerRefusing("bad");
    const env = [{ name: "A", valueFrom: { fileKeyRef: { volumeName: "scratch", path: "env", key: "A" } } }];
    const of = debugged({ ...debugging, env });
    const spec = {
      ...of.spec,
      volumes: [
        { name: "scratch", emptyDir: {} },
        { name: "other", emptyDir: {} },
      ],
    };
    await createPrepareAddition(resolving(provider))({ ...of, spec } as Pod, "debug", now);
    expect(seen[0]?.volumes.map(({ name }) => name)).toEqual(["scratch"]);
  });

  it("ends in refusals, or in what is missing", async () => {
    const prepare = createPrepareAddition(resolving(providerRefusing("bad").provider));
    const refused = await prepare(debugged({ ...debugging, name: "bad" }), "bad", now);
    expect(refused.addition).toEqual({ is: "refused", message: "spec: no" });
    const capability = { path: "spec.containers[0].securityContext.capabilities.add", sentence: "None can be added." };
    const asProvider = { support: [], translate: () => ({ refusals: [capability] }) } as unknown as Provider;
    const byProfile = await createPrepareAddition(resolving(asProvider))(debugged(debugging), "debug", now);
    expect(byProfile.addition).toEqual({
      is: "refused",
      message:
        "spec.ephemeralContainers[].securityContext.capabilities.add: None can be added. " +
        "kubectl debug asks for it by its profile: with --profile=baseline it does not.",
    });
    const envFrom = [{ configMapRef: { name: "absent" } }];
    const missing = await prepare(debugged({ ...debugging, envFrom }), "debug", now);
    expect(missing.addition).toMatchObject({ is: "missing", retryAt: now + 5_000 });
  });
});
