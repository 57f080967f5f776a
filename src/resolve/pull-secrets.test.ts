import { expect, test } from "vitest";
import { podOf, resolved, type World } from "../../test/support/resolve-sources.ts";
import { SecretText } from "../model/secret-text.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");
const modern = (auths: unknown) => ({
  type: "kubernetes.io/dockerconfigjson",
  data: { ".dockerconfigjson": JSON.stringify({ auths }) },
});
const legacy = (entries: unknown) => ({
  type: "kubernetes.io/dockercfg",
  data: { ".dockercfg": JSON.stringify(entries) },
});

type Secrets = NonNullable<World["secrets"]>;

async function pull(secrets: Secrets, images: string[] = ["reg.io/app"], names = Object.keys(secrets)) {
  const pod = podOf({
    imagePullSecrets: names.map((name) => ({ name })),
    containers: images.map((image, index) => ({ name: `c${index}`, image })),
  });
  const resolution = await resolved(pod, { secrets });
  if (!resolution.ok) throw new Error("not resolved");
  const credentials = resolution.pod.pullCredentials.map(({ registry, username, password }) => {
    if (!(password instanceof SecretText)) throw new Error("a password in the open");
    return `${registry} ${username} ${password.reveal()}`;
  });
  return { credentials, warnings: resolution.warnings.map(({ message }) => message) };
}

test.for<[what: string, secret: Secrets[string], credentials: string[]]>([
  ["auth", modern({ "reg.io": { auth: base64("me:pass:word") } }), ["reg.io me pass:word"]],
  ["auth without padding", modern({ "reg.io": { auth: base64("me:pass").replace(/=+$/, "") } }), ["reg.io me pass"]],
  ["user and password", modern({ "reg.io": { username: "me", password: "pw" } }), ["reg.io me pw"]],
  ["auth before user", modern({ "reg.io": { username: "x", password: "y", auth: base64("me:pw") } }), ["reg.io me pw"]],
  ["an entry without anything", modern({ "reg.io": {} }), ["reg.io  "]],
  ["an entry of null", modern({ "reg.io": null }), ["reg.io  "]],
  ["null for user and password", modern({ "reg.io": { username: null, password: null } }), ["reg.io  "]],
  ["auth in lines", modern({ "reg.io": { auth: base64("me:pw").replace(/^(...)/, "$1\r\n") } }), ["reg.io me pw"]],
  ["auth and a line end", modern({ "reg.io": { auth: `${base64("me:pass")}\n` } }), ["reg.io me pass"]],
  ["an empty auth", modern({ "reg.io": { auth: "", username: "me", password: "pw" } }), ["reg.io me pw"]],
  ["auths of null", modern(null), []],
  ["an empty config", { type: "kubernetes.io/dockercfg", data: { ".dockercfg": "" } }, []],
  ["the legacy type", legacy({ "https://reg.io": { auth: base64("me:pw") } }), ["https://reg.io me pw"]],
  ["no auths", modern(undefined), []],
  ["another type", { data: { ".dockerconfigjson": JSON.stringify({ auths: { "reg.io": {} } }) } }, []],
  ["the key of the other type", { type: "kubernetes.io/dockercfg", data: { ".dockerconfigjson": "{}" } }, []],
])("a pull secret with %s gives %j", async ([, secret, credentials]) => {
  expect(await pull({ one: secret })).toEqual({ credentials, warnings: [] });
});

test.for<[what: string, secret: Secrets[string]]>([
  ["no JSON", { type: "kubernetes.io/dockerconfigjson", data: { ".dockerconfigjson": "hush{" } }],
  ["a list", { type: "kubernetes.io/dockercfg", data: { ".dockercfg": "[]" } }],
  ["a text for its auths", modern("hush")],
  ["a list of auths", modern([])],
  ["a text for an entry", modern({ "reg.io": "hush" })],
  ["auth with three equals signs", modern({ "reg.io": { auth: `${base64("me:hush")}===` } })],
  ["auth without colon", modern({ "reg.io": { auth: base64("hush") } })],
  ["auth that is no base64", modern({ "reg.io": { auth: `!${base64("me:hush")}` } })],
  ["a number for a password", modern({ "reg.io": { username: "me", password: 5 } })],
])("a pull secret with %s is told by its name only, and does not stop the pod", async ([, secret]) => {
  const { credentials, warnings } = await pull({
    broken: secret,
    good: modern({ "reg.io": { auth: base64("me:pw") } }),
  });
  expect(credentials).toEqual(["reg.io me pw"]);
  expect(warnings).toEqual([
    "Unable to retrieve some image pull secrets (broken); attempting to pull the image may not succeed.",
  ]);
});

test("missing pull secrets are told together; one without a name is passed over", async () => {
  expect(await pull({}, ["reg.io/app"], ["a", "", "b"])).toEqual({
    credentials: [],
    warnings: ["Unable to retrieve some image pull secrets (a, b); attempting to pull the image may not succeed."],
  });
});

test("only what some image of the pod needs is handed on, in the order of the secrets", async () => {
  const secrets = {
    one: modern({ "other.io": { auth: base64("a:1") }, "reg.io/app": { auth: base64("b:2") } }),
    two: modern({ "reg.io": { auth: base64("c:3") }, "https://index.docker.io/v1/": { auth: base64("d:4") } }),
  };
  expect((await pull(secrets)).credentials).toEqual(["reg.io/app b 2", "reg.io c 3"]);
  expect((await pull(secrets, ["reg.io/app", "busybox"])).credentials).toEqual([
    "reg.io/app b 2",
    "reg.io c 3",
    "https://index.docker.io/v1/ d 4",
  ]);
});

test("images of init and ephemeral containers and of image volumes count as well", async () => {
  const secrets = {
    one: modern({ "a.io": { auth: base64("a:1") }, "b.io": { auth: base64("b:2") }, "c.io": { auth: base64("c:3") } }),
  };
  const pod = podOf({
    imagePullSecrets: [{ name: "one" }],
    initContainers: [{ name: "i", image: "a.io/x" }],
    ephemeralContainers: [{ name: "e", image: "b.io/x" }],
    volumes: [{ name: "v", image: { reference: "c.io/x" } }],
  });
  const resolution = await resolved(pod, { secrets });
  expect(resolution.ok && resolution.pod.pullCredentials.map(({ registry }) => registry)).toEqual([
    "a.io",
    "b.io",
    "c.io",
  ]);
});
