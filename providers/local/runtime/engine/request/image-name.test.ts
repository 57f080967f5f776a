import { expect, it } from "vitest";
import { registryAuth } from "./credentials.ts";
import { imageName } from "./image-name.ts";
import { SecretText } from "../../../../../src/provider.ts";

const digest = `sha256:${"a".repeat(64)}`;

it.for<[string, string]>([
  ["busybox", "docker.io/library/busybox:latest"],
  ["busybox:1.36", "docker.io/library/busybox:1.36"],
  ["grafana/grafana", "docker.io/grafana/grafana:latest"],
  ["index.docker.io/busybox", "docker.io/library/busybox:latest"],
  ["docker.io/busybox", "docker.io/library/busybox:latest"],
  ["localhost/a", "localhost/a:latest"],
  ["registry:5000/a/b_c.d--e:v1", "registry:5000/a/b_c.d--e:v1"],
  ["quay.io/a/b@" + digest, `quay.io/a/b@${digest}`],
  ["quay.io/a/b:v1@" + digest, `quay.io/a/b@${digest}`],
])("%s is %s", ([text, full]) => {
  expect(imageName(text)?.full).toBe(full);
});

it.for([
  "",
  "Busybox",
  "a b",
  "a//b",
  "a:",
  "a:b:c",
  "-a",
  "a@sha256:1",
  "reg.example/",
  "a/../b",
  "a?x=1",
  "a#b",
  ":5000/a",
])("%j is no name", (text) => {
  expect(imageName(text)).toBeUndefined();
});

it.for<[string, string[], string | undefined]>([
  ["busybox", ["https://index.docker.io/v1/"], "https://index.docker.io/v1/"],
  ["busybox", ["docker.io"], "docker.io"],
  ["busybox", ["quay.io"], undefined],
  ["reg.example:5000/a", ["reg.example"], undefined],
  ["reg.example:5000/a", ["reg.example:5000"], "reg.example:5000"],
  ["a.reg.example/x", ["*.reg.example"], "*.reg.example"],
  ["a.b.reg.example/x", ["*.reg.example"], undefined],
  ["reg.example/team/x", ["reg.example", "reg.example/team"], "reg.example/team"],
  ["reg.example/other/x", ["reg.example", "reg.example/team"], "reg.example"],
  ["reg.example/x", ["*.example", "reg.example"], "reg.example"],
])("of the credentials for image %s and %j, %s is used", ([image, registries, used]) => {
  const credentials = registries.map((registry) => ({
    registry,
    username: registry,
    password: new SecretText("hush"),
  }));
  const name = imageName(image);
  const header = name && registryAuth(name, credentials);
  const auth = header === undefined ? undefined : (JSON.parse(Buffer.from(header, "base64url").toString()) as object);
  expect(auth).toEqual(
    used === undefined ? undefined : { username: used, password: "hush", serveraddress: name?.registry },
  );
});
