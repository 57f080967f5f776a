import { expect, test } from "vitest";
import { credentialsFor } from "./pull-credentials.ts";

function credentials(...registries: string[]) {
  return registries.map((registry) => ({ registry, username: "user", password: "password" }));
}

function tried(image: string, ...registries: string[]): readonly string[] {
  return credentialsFor(image, credentials(...registries)).map(({ registry }) => registry);
}

const all = [
  "https://index.docker.io/v1/",
  "docker.io",
  "quay.io",
  "quay.io/team",
  "https://quay.io/v2/team/app",
  "*.example.com",
  "reg.example.com:5000",
  "*a*b*.io",
  "localhost",
  "http://gcr.io/",
  "*",
];

const digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

// What the keyring of k8s.io/kubernetes v1.36.3 finds among these keys.
test.for<[image: string, keys: string[]]>([
  ["nginx", ["docker.io"]],
  ["nginx:1", ["docker.io"]],
  ["user/app", ["docker.io"]],
  ["docker.io/user/app", ["docker.io"]],
  ["index.docker.io/x", ["docker.io"]],
  ["quay.io/team/app:1", ["https://quay.io/v2/team/app", "quay.io/team", "quay.io"]],
  ["quay.io/teamster/app", ["quay.io/team", "quay.io"]],
  ["quay.io/other", ["quay.io"]],
  ["a.example.com/x", ["*.example.com"]],
  ["a.b.example.com/x", []],
  ["reg.example.com:5000/x", ["reg.example.com:5000"]],
  ["reg.example.com/x", ["*.example.com"]],
  ["reg.io/x", []],
  ["xaxbx.io/y", ["*a*b*.io"]],
  ["ab.io/y", ["*a*b*.io"]],
  ["xbxax.io/y", []],
  ["localhost/x", ["localhost", "*"]],
  [`gcr.io/x@${digest}`, ["http://gcr.io/"]],
  [`quay.io/team/app:1@${digest}`, ["https://quay.io/v2/team/app", "quay.io/team", "quay.io"]],
])("%s is pulled with %j", ([image, keys]) => {
  expect(tried(image, ...all)).toEqual(keys);
});

test.for<[image: string, key: string, found: boolean]>([
  ["nginx", "https://index.docker.io/v1/", true],
  ["docker.io/user/app", "index.docker.io", true],
  ["nginx", "https://index.docker.io/v1/other", false],
  ["localhost/nginx", "index.docker.io", false],
  ["reg.io/nginx", "index.docker.io", false],
  ["a.example.com/x", "a*c.example.com", false],
  ["abc.example.com/x", "ab*bc.example.com", false],
  ["abbc.example.com/x", "ab*bc.example.com", true],
  ["a.example.com/x", "*a*a*.example.com", false],
  ["ab.example.com/x", "*ab*b.example.com", false],
])("%s with a credential for %s: %s", ([image, key, found]) => {
  expect(tried(image, key)).toEqual(found ? [key] : []);
});

test("several credentials for one registry are tried in their order, so that a password can be changed", () => {
  const old = { registry: "quay.io", username: "a", password: "old" };
  const fresh = { registry: "https://quay.io", username: "a", password: "new" };
  expect(credentialsFor("quay.io/x", [old, fresh])).toEqual([old, fresh]);
});

test("a glob made to be slow is not", () => {
  expect(tried(`${"a".repeat(60)}.io/x`, `${"*a".repeat(300)}b.io`)).toEqual([]);
});
