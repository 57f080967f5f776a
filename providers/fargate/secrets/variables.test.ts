import { describe, expect, test } from "vitest";
import type { Pod } from "../../../src/provider.ts";
import { podOf, podWith, resolvedPod, type World } from "../../../test/support/resolve-sources.ts";
import { confidedOf } from "./variables.ts";

const world: World = { secrets: { db: { data: { user: "me", password: "hush", again: "hush" } } } };
const secretKeyRef = (key: string) => ({ valueFrom: { secretKeyRef: { name: "db", key } } });

const bundle = { hasKeys: true };

/** What each stored secret goes by, and what is in it. */
async function storedOf(pod: Pod, objects: World): Promise<Record<string, unknown>> {
  const { stored } = confidedOf(await resolvedPod(pod, objects), bundle);
  return Object.fromEntries(stored.map(({ ref, content }) => [ref, JSON.parse(content.reveal())]));
}

describe("secret variables", () => {
  test("of all containers are one secret, each value in it once, and the plain ones are in none", async () => {
    const env = [{ name: "PASSWORD", ...secretKeyRef("password") }];
    const pod = podOf({
      initContainers: [{ name: "first", image: "busybox", env: [{ name: "PW", ...secretKeyRef("again") }] }],
      containers: [
        {
          name: "main",
          image: "busybox",
          env: [...env, { name: "URL", value: "db://$(PASSWORD)@h" }, { name: "PLAIN", value: "x" }],
        },
      ],
    });
    expect(await storedOf(pod, world)).toEqual({ variables: { v0: "hush", v1: "db://hush@h" } });
    const { secrets } = confidedOf(await resolvedPod(pod, world), bundle);
    expect([...secrets].map(([name, own]) => [name, own.map((one) => one.name)])).toEqual([
      ["first", ["PW"]],
      ["main", ["PASSWORD", "URL"]],
    ]);
    const places = [...secrets.values()].map((own) => own[0]?.valueFrom);
    expect(places[0]).toBe(places[1]);
  });

  test("are one each where none can be picked out of a text, and equal ones are one", async () => {
    const env = ["password", "again", "user"].map((key) => ({ name: key.toUpperCase(), ...secretKeyRef(key) }));
    const { stored, secrets } = confidedOf(await resolvedPod(podWith({ image: "busybox", env }), world), {
      hasKeys: false,
    });
    expect(stored.map(({ ref, content }) => [ref, content.reveal()])).toEqual([
      ["variables/v0", "hush"],
      ["variables/v1", "me"],
    ]);
    expect(secrets.get("main")?.map(({ valueFrom }) => valueFrom)).toEqual([
      "variables/v0",
      "variables/v0",
      "variables/v1",
    ]);
  });

  test("of a pod that has none are no secret", async () => {
    expect(await storedOf(podWith({ image: "busybox" }), world)).toEqual({});
  });
});

describe("logins to registries", () => {
  const ecr = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";
  const auths = {
    "reg.io": { username: "all", password: "one" },
    "reg.io/team": { username: "team", password: "two" },
    "docker.io": { username: "hub", password: "three" },
    [ecr]: { username: "AWS", password: "four" },
  };
  const objects: World = {
    secrets: {
      pull: { type: "kubernetes.io/dockerconfigjson", data: { ".dockerconfigjson": JSON.stringify({ auths }) } },
    },
  };
  const podOfImages = (...images: string[]): Pod =>
    podOf({
      imagePullSecrets: [{ name: "pull" }],
      containers: images.map((image, index) => ({ name: `c${index}`, image })),
    });

  test.for<[what: string, image: string, login: object | undefined]>([
    ["is the registry's", "reg.io/app", { username: "all", password: "one" }],
    ["is the nearest one, as the kubelet takes it", "reg.io/team/app", { username: "team", password: "two" }],
    ["is Docker Hub's where the image names no registry", "busybox", { username: "hub", password: "three" }],
    ["is none for ECR, whose images are pulled with the execution role", `${ecr}/app`, undefined],
    ["is none for another registry", "other.io/app", undefined],
  ])("one %s", async ([, image, login]) => {
    expect(Object.values(await storedOf(podOfImages(image), objects))).toEqual(login === undefined ? [] : [login]);
  });

  test("are one secret for all containers that need the same one", async () => {
    const { stored, logins } = confidedOf(
      await resolvedPod(podOfImages("reg.io/a", "busybox", "reg.io/b", "other.io/c"), objects),
      bundle,
    );
    expect(stored).toHaveLength(2);
    expect([...logins.keys()]).toEqual(["c0", "c1", "c2"]);
    expect(logins.get("c0")).toBe(logins.get("c2"));
    expect(logins.get("c0")).not.toBe(logins.get("c1"));
  });
});
