import { describe, expect, it } from "vitest";
import { asStatic, mirroredHash, readManifest, type StaticPod } from "./manifest.ts";

const manifest = `# the web server of this node
apiVersion: v1
kind: Pod
metadata: { name: web, namespace: edge, labels: { app: web } }
spec:
  containers: [{ name: main, image: busybox }]
  tolerations: [{ key: a, operator: Exists }]
`;

function read(text: string, node = "n1"): StaticPod {
  const found = readManifest(text, node);
  if ("problem" in found) throw new Error(found.problem);
  return found;
}

describe("a manifest", () => {
  it("becomes a mirror pod of the node, which carries the manifest's hash as the kubelet's does", () => {
    const { key, hash, mirror } = read(manifest);
    expect(key).toBe("edge/web-n1");
    expect(mirror.metadata).toMatchObject({ name: "web-n1", namespace: "edge", labels: { app: "web" } });
    expect(mirror.metadata?.annotations).toEqual({
      "kubernetes.io/config.mirror": hash,
      "kubernetes.io/config.hash": hash,
      "kubernetes.io/config.source": "file",
    });
    expect(mirror.spec?.nodeName).toBe("n1");
    expect(mirror.spec?.tolerations).toContainEqual({ operator: "Exists", effect: "NoExecute" });
    expect(mirroredHash(mirror)).toBe(hash);
  });

  it("has one identity: that of what it says, on this node", () => {
    const { hash } = read(manifest);
    expect(read(manifest.replace("# the web server", "# a web server")).hash).toBe(hash);
    expect(read(manifest.replace("busybox", "alpine")).hash).not.toBe(hash);
    expect(read(manifest, "n2").hash).not.toBe(hash);
    expect(hash).toMatch(/^[0-9a-f]{32}$/);
  });

  it.for<[string, string, RegExp]>([
    ["nothing", "", /one document|not a Pod/i],
    ["two documents", `${manifest}---\n${manifest}`, /one document/],
    ["no YAML", "a: [", /not YAML/],
    ["another kind", manifest.replace("Pod", "Deployment"), /not a Pod/],
    ["no name", manifest.replace("name: web,", ""), /metadata\.name/],
  ])("that is %s is a problem with a sentence", ([, text, words]) => {
    const found = readManifest(text, "n1");
    expect("problem" in found && found.problem).toMatch(words);
  });
});

it("a static pod lives on while its mirror is being deleted", () => {
  const { mirror, hash } = read(manifest);
  const going = { ...mirror, metadata: { ...mirror.metadata, uid: "u", deletionTimestamp: "2026-01-01T00:00:00Z" } };
  expect(asStatic(going, hash).metadata).toMatchObject({ uid: hash, name: "web-n1" });
  expect(asStatic(going, hash).metadata).not.toHaveProperty("deletionTimestamp");
});
