import { expect, test } from "vitest";
import { podOf, podWith, resolved, sourcesOf } from "../../test/support/resolve-sources.ts";
import type { Container } from "../model/kube.ts";
import { earliestRefresh, gather, referencesOf, tokenWant } from "./gather.ts";

const everywhere: Partial<Container> = {
  envFrom: [{ configMapRef: { name: "c1" } }, { secretRef: { name: "s1" } }],
  env: [
    { name: "A", value: "plain" },
    { name: "B", valueFrom: { configMapKeyRef: { name: "c2", key: "k" } } },
    { name: "C", valueFrom: { secretKeyRef: { name: "s2", key: "k" } } },
    { name: "D", valueFrom: { secretKeyRef: { name: "", key: "k" } } },
  ],
};
const volumes = [
  { name: "v1", configMap: { name: "c3" } },
  { name: "v2", secret: { secretName: "s3" } },
  { name: "v3", projected: { sources: [{ configMap: { name: "c4" } }, { secret: { name: "s4" } }] } },
  { name: "v4", projected: {} },
  { name: "v5", emptyDir: {} },
];

test("a pod refers to every ConfigMap and Secret that it names, wherever, each once", () => {
  const init = {
    name: "i",
    image: "busybox:1",
    envFrom: [{ configMapRef: { name: "c5" } }],
    env: everywhere.env ?? [],
  };
  const pod = podWith(everywhere, { volumes, initContainers: [init], imagePullSecrets: [{ name: "s5" }, {}] });
  const names = referencesOf(pod).map(({ kind, namespace, name }) => `${kind} ${namespace}/${name}`);
  expect(names.toSorted()).toEqual([
    ...["c1", "c2", "c3", "c4", "c5"].map((name) => `ConfigMap ns/${name}`),
    ...["s1", "s2", "s3", "s4", "s5"].map((name) => `Secret ns/${name}`),
  ]);
  expect(referencesOf({})).toEqual([]);
  expect(referencesOf({ spec: { containers: [{ name: "a", ...everywhere }] } })[0]?.namespace).toBe("");
});

test("what fails without an error of its own is told all the same", async () => {
  const sources = {
    ...sourcesOf({}),
    // What others throw is not always an Error.
    configMap: async () => Promise.reject("no route"),
  };
  const gathered = await gather(podOf({ volumes: [{ name: "v", configMap: { name: "c" } }] }), sources);
  expect(gathered.object("ConfigMap", "c")).toEqual({ failed: "no route" });
});

test("of a ConfigMap texts and bytes are told apart, and so is a Secret that is no text", async () => {
  const world = {
    configMaps: { c: { data: { b: "2", a: "1" }, binaryData: { d: "AP8=", c: "AAE=" } }, empty: {} },
    secrets: { s: { data: { word: "hush", nul: Buffer.from([65, 0]) } } },
  };
  const names = ["c", "empty"].map((name) => ({ name, configMap: { name } }));
  const pod = podOf({ volumes: [...names, { name: "s", secret: { secretName: "s" } }] });
  const gathered = await gather(pod, sourcesOf(world));
  const entries = (kind: "ConfigMap" | "Secret", name: string) => {
    const answer = gathered.object(kind, name);
    return "found" in answer ? [...answer.found.entries].map(([key, { encoding }]) => `${key} ${encoding}`) : answer;
  };
  expect(entries("ConfigMap", "c")).toEqual(["c base64", "d base64", "a utf8", "b utf8"]);
  expect(entries("ConfigMap", "empty")).toEqual([]);
  expect(entries("Secret", "s")).toEqual(["nul base64", "word utf8"]);
  expect(entries("Secret", "other")).toEqual({ failed: "resource name may not be empty" });
});

test("a token is for the pod that asks, and none is asked for by a pod that has to wait, unless it runs", async () => {
  const token = { name: "t", projected: { sources: [{ serviceAccountToken: { path: "p", audience: "vault" } }] } };
  const pod = podOf({ volumes: [token, { name: "v", configMap: { name: "gone" } }] });
  const want = tokenWant({ audience: "vault" });
  expect(want).toEqual({ audience: "vault", expirationSeconds: 3600 });
  const waiting = await gather(pod, sourcesOf({}));
  expect([waiting.token(want), waiting.tokens, earliestRefresh(waiting)]).toEqual([undefined, [], undefined]);
  const sources = sourcesOf({});
  const live = await gather(pod, sources, { tokensAnyway: true });
  expect(live.token(want)).toMatchObject({ found: { refreshAt: Date.parse("2026-01-01T00:48:00Z") } });
  expect(live.token(tokenWant({}))).toBeUndefined();
  const nameless = sourcesOf({});
  await gather({ spec: { containers: [], volumes: [token] } }, nameless);
  expect(nameless.asked).toEqual([
    `token ${JSON.stringify({
      namespace: "",
      serviceAccount: "",
      pod: { namespace: "", name: "", uid: "" },
      audience: "vault",
      expirationSeconds: 3600,
    })}`,
  ]);
});

test("a pull secret that is missing keeps nobody waiting for a token", async () => {
  const token = { name: "t", projected: { sources: [{ serviceAccountToken: { path: "p" } }] } };
  const gathered = await gather(podOf({ volumes: [token], imagePullSecrets: [{ name: "gone" }] }), sourcesOf({}));
  expect(gathered.tokens).toHaveLength(1);
});

test("a token that cannot be had has no time to be replaced", async () => {
  const token = { name: "t", projected: { sources: [{ serviceAccountToken: { path: "p" } }] } };
  const gathered = await gather(podOf({ volumes: [token] }), sourcesOf({ failing: ["token"] }));
  expect(earliestRefresh(gathered)).toBeUndefined();
});

test.for([{ name: "x" }, { uid: "x" }])("an object with no more than %j is no pod", async (metadata) => {
  await expect(resolved({ metadata, spec: { containers: [] } })).rejects.toThrow(TypeError);
});
