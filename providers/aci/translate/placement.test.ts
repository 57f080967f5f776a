import { describe, expect, test } from "vitest";
import { podOf, podWith } from "../../../test/support/resolve-sources.ts";
import type { Pod } from "../../../src/provider.ts";
import { serverOf } from "./registries.ts";
import { identity, inSubnet, type Options, propertiesOf, refusalsOf, requestOf, subnet } from "./testing.ts";

const annotated = (key: string, value: string, spec: Pod["spec"] | object = {}): Pod =>
  podOf(spec, { annotations: { [`aci.burstlet.dev/${key}`]: value } });
const granting = (...allow: string[]): Options => ({ grants: [{ namespace: "ns", allow }] });
const withPorts = { containers: [{ name: "main", image: "a", ports: [{ containerPort: 80 }] }] };

const dockerConfig = (auths: Record<string, object>) => ({
  type: "kubernetes.io/dockerconfigjson",
  data: { ".dockerconfigjson": JSON.stringify({ auths }) },
});

describe("an identity", () => {
  const idsOf = async (pod: Pod, options: Options = {}): Promise<string[]> =>
    Object.keys((await requestOf(pod, options)).group.identity?.userAssignedIdentities ?? {});

  test("is the node's, or with a grant the one that the pod names", async () => {
    const config = { identities: [identity("pods")] };
    expect(await idsOf(podOf({}))).toEqual([]);
    expect(await idsOf(podOf({}), { config })).toEqual([identity("pods")]);
    const pod = annotated("identities", `${identity("a")}, ${identity("b")}`);
    expect(await idsOf(pod, { config, ...granting(identity("*")) })).toEqual([identity("a"), identity("b")]);
    expect(await refusalsOf(pod, { config, ...granting(identity("a")) })).toEqual([
      expect.stringContaining(`allows ${identity("b")} to namespace ns or its service account robot`),
    ]);
    expect(await refusalsOf(annotated("identities", "a"), granting("*"))).toEqual([
      expect.stringContaining("Expected 1"),
    ]);
  });

  test("that pulls is one of the group's too", async () => {
    const config = { registries: [{ server: "team.azurecr.io", identity: identity("pull") }] };
    const pod = podWith({ image: "team.azurecr.io/app:1" });
    expect(await idsOf(pod, { config })).toEqual([identity("pull")]);
    expect((await propertiesOf(pod, { config })).imageRegistryCredentials).toEqual([
      { server: "team.azurecr.io", identity: identity("pull") },
    ]);
    expect(await idsOf(podOf({}), { config })).toEqual([]);
  });
});

describe("a registry", () => {
  const auth = (username: string) => ({ username, password: "p" });

  test("gets the pull secret that fits its image best, once, without scheme, and no other", async () => {
    const world = {
      secrets: {
        pull: dockerConfig({
          "https://index.docker.io/v1/": auth("hub"),
          "quay.io": auth("all"),
          "quay.io/team": auth("team"),
          "ghcr.io": auth("unused"),
        }),
      },
    };
    const pod = podOf({
      imagePullSecrets: [{ name: "pull" }],
      initContainers: [{ name: "i", image: "quay.io/team/b:2" }],
      containers: [
        { name: "main", image: "quay.io/team/a:1" },
        { name: "hub", image: "busybox" },
      ],
    });
    expect((await propertiesOf(pod, { world })).imageRegistryCredentials).toEqual([
      { server: "quay.io", username: "team", password: expect.anything() },
      { server: "index.docker.io", username: "hub", password: expect.anything() },
    ]);
    const other = { ...pod.spec, containers: [{ name: "main", image: "quay.io/other:1" }] };
    expect(await refusalsOf(podOf(other), { world })).toEqual([
      expect.stringMatching(/^spec\.imagePullSecrets: Azure takes one credential for quay\.io/),
    ]);
  });

  test.for([
    ["nginx", "index.docker.io"],
    ["team/app:1", "index.docker.io"],
    ["docker.io/library/nginx", "index.docker.io"],
    ["localhost/app", "localhost"],
    ["registry:5000/app@sha256:00", "registry:5000"],
    ["a.azurecr.io/b/c:1", "a.azurecr.io"],
  ] as const)("of %s is %s", ([image, server]) => {
    expect(serverOf(image)).toBe(server);
  });
});

describe("a place", () => {
  test("is tried after the other", async () => {
    const config = { locations: ["westeurope", "northeurope"], ...inSubnet };
    const both = { ...config, subnets: { ...inSubnet.subnets, northeurope: subnet("north") } };
    expect((await requestOf(podOf({}), { config: both })).places).toEqual([
      { location: "westeurope", subnet: subnet("groups") },
      { location: "northeurope", subnet: subnet("north") },
    ]);
  });

  test("is the subnet that the pod names, with a grant, in the first region", async () => {
    const pod = annotated("subnet", subnet("own"));
    const options = { config: inSubnet, ...granting(subnet("own")) };
    expect((await requestOf(pod, options)).places).toEqual([{ location: "westeurope", subnet: subnet("own") }]);
    expect(await refusalsOf(pod, { config: inSubnet })).toEqual([expect.stringContaining("No grant")]);
    expect(await refusalsOf(pod, granting("*"))).toEqual([expect.stringContaining("aci.network: subnet")]);
  });

  test("has a name in DNS if it is a public address", async () => {
    const pod = annotated("dns-name-label", "my-app", withPorts);
    expect((await propertiesOf(pod)).ipAddress).toMatchObject({ type: "Public", dnsNameLabel: "my-app" });
    expect(await refusalsOf(annotated("dns-name-label", "my-app"))).toEqual([
      expect.stringContaining("public address"),
    ]);
    expect(await refusalsOf(pod, { config: inSubnet })).toEqual([expect.stringContaining("public address")]);
    expect(await refusalsOf(annotated("dns-name-label", "My_App", withPorts))).toEqual([
      expect.stringContaining("Expected"),
    ]);
  });

  test("is refused to who misspells it", async () => {
    expect(await refusalsOf(annotated("identity", "x"))).toEqual([expect.stringContaining("mean something here")]);
  });
});
