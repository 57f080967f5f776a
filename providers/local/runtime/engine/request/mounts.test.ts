import { describe, expect, it } from "vitest";
import { Late, SecretText } from "../../../../../src/provider.ts";
import { shell, taskOf } from "../testing.ts";
import { containerBody, lateValues, openText, sandboxBody } from "./bodies.ts";
import { containerBinds, engineVolumes, foreignMounts, volumeFile } from "./mounts.ts";

const file = (path: string) => ({ path, mode: 0o644, content: "", encoding: "utf8" as const });
const volumes = [
  { name: "empty", kind: "emptyDir", medium: "disk" },
  { name: "files", kind: "files", files: [file("a"), file("sub/b")] },
  { name: "memory", kind: "emptyDir", medium: "memory", sizeLimit: 5000 },
] as const;
const mount = (volume: string, path: string, subPath?: string, readOnly = false) => ({
  volume,
  path,
  subPath,
  readOnly,
});

function binds(...mounts: ReturnType<typeof mount>[]): string[] {
  const container = shell("a", "", { mounts });
  const others = shell("b", "", { mounts: [mount("empty", "/o", "x"), mount("empty", "/o2", "x/y")] });
  return containerBinds("t", taskOf("m", [container, others], { volumes }), container, (name) => `/engine/${name}`);
}

describe("mounts", () => {
  it.for<[string, string[], string[]]>([
    [
      "an empty folder with the sub paths of others inside",
      binds(mount("empty", "/e")),
      ["t-0:/e:rw,nocopy", "t-0-0:/e/x:rw,nocopy", "t-0-1:/e/x/y:rw,nocopy"],
    ],
    [
      "a sub path with what lies inside it",
      binds(mount("empty", "/e", "./x/", true)),
      ["t-0-0:/e:ro,nocopy", "t-0-1:/e/y:ro,nocopy"],
    ],
    ["files, never writable", binds(mount("files", "/f")), ["t-1:/f:ro"]],
    ["one file, from the engine's own folder", binds(mount("files", "/f/a", "a")), ["/engine/t-1/a:/f/a:ro"]],
    ["a folder of files", binds(mount("files", "/f", "sub")), ["/engine/t-1/sub:/f:ro"]],
    ["memory", binds(mount("memory", "/m")), ["t-2:/m:rw,nocopy"]],
  ])("%s", ([, made, wanted]) => {
    expect(made).toEqual(wanted);
  });

  it.for<[string, () => string[]]>([
    ["has no nothere", () => binds(mount("files", "/f", "nothere"))],
    ["leaves the volume", () => binds(mount("empty", "/e", "../../etc"))],
    ["which the task has not", () => binds(mount("nosuch", "/e"))],
  ])("refuses a mount that %s", ([words, make]) => {
    expect(make).toThrow(words);
  });

  it("never binds a folder that a container can write", () => {
    const made = [
      mount("empty", "/e"),
      mount("empty", "/e", "x"),
      mount("memory", "/m"),
      mount("memory", "/m", "z"),
    ].flatMap((one) => binds(one));
    expect(made.filter((bind) => bind.startsWith("/"))).toEqual([]);
  });

  it("limits memory in a way that podman 4.3 takes", () => {
    const made = engineVolumes("t", taskOf("m", [shell("a", "")], { volumes }));
    expect(made.map(({ name, options }) => [name, options])).toEqual([
      ["t-messages", {}],
      ["t-0", {}],
      ["t-1", {}],
      ["t-2", { type: "tmpfs", device: "tmpfs", o: "mode=0777,nr_blocks=2" }],
    ]);
  });
});

describe("volumes that are images", () => {
  const container = shell("a", "", { mounts: [mount("image", "/i"), mount("empty", "/e")] });
  const imageVolumes = [{ name: "image", image: "data:1", imagePullPolicy: "Always" }] as const;

  it("are mounted by their own field, beside the other volumes", () => {
    const spec = taskOf("m", [container], { volumes, imageVolumes });
    expect(containerBinds("t", spec, container, () => "")).toEqual(["t-0:/e:rw,nocopy"]);
    const references = new Map([["image", "docker.io/library/data:1"]]);
    const found = { Type: "image", Source: "docker.io/library/data:1", Target: "/i" };
    const mounts = (flavour: "docker" | "podman") => foreignMounts(spec, container, { references, flavour }).mounts;
    expect(mounts("podman")).toEqual([found]);
    expect(mounts("docker")).toEqual([{ ...found, ReadOnly: true }]);
  });

  it("and those of the host are mounted as they are, or made where that is wanted", () => {
    const hostPaths = [
      { name: "there", path: "/etc", create: false },
      { name: "made", path: "/srv/new", create: true },
    ];
    const mounts = [mount("there", "/h", "./hosts", true), mount("made", "/m")];
    const host = shell("a", "", { mounts });
    const spec = taskOf("m", [host], { hostPaths });
    expect(containerBinds("t", spec, host, () => "")).toEqual([]);
    expect(foreignMounts(spec, host, { references: new Map(), flavour: "podman" })).toEqual({
      mounts: [{ Type: "bind", Source: "/etc/hosts", Target: "/h", ReadOnly: true }],
      binds: ["/srv/new:/m:rw"],
    });
  });
});

describe("bodies", () => {
  const container = shell("a", "", {
    command: undefined,
    args: [new SecretText("hush")],
    cpuLimit: 0.25,
    memoryLimit: 1024,
  });
  const spec = taskOf("m", [container]);
  const plan = {
    spec,
    container,
    instance: 3,
    image: "full:1",
    sandbox: "t-sandbox",
    binds: [],
    late: lateValues([], undefined),
  };

  it("joins the sandbox's namespaces; only podman is told the hostname", () => {
    const podman = containerBody({ ...plan, flavour: "podman" });
    expect(podman).toMatchObject({
      Hostname: "m",
      Cmd: ["hush"],
      HostConfig: {
        NetworkMode: "container:t-sandbox",
        IpcMode: "container:t-sandbox",
        NanoCpus: 250_000_000,
        Memory: 1024,
        MemorySwap: 1024,
      },
    });
    expect(podman).not.toHaveProperty("Entrypoint");
    expect(containerBody({ ...plan, flavour: "docker" })).not.toHaveProperty("Hostname");
  });

  it("leaves resolution to the engine where the task says nothing", () => {
    const body = sandboxBody("t", spec, "pause:1", "bridge");
    expect(body).toMatchObject({
      Hostname: "m",
      HostConfig: { NetworkMode: "bridge" },
    });
    expect(body).not.toHaveProperty("HostConfig.Dns");
  });

  it("of a task in the network of the host name neither a network nor a hostname of its own", () => {
    const hostAliases = [{ ip: "192.0.2.1", hostnames: ["x", "y"] }];
    const host = taskOf("m", [container], { hostNetwork: true, hostAliases });
    const sandbox = sandboxBody("t", host, "pause:1", "bridge");
    const ExtraHosts = ["x:192.0.2.1", "y:192.0.2.1"];
    expect(sandbox).toMatchObject({ HostConfig: { NetworkMode: "host", UTSMode: "host", ExtraHosts } });
    const run = containerBody({ ...plan, spec: host, flavour: "podman" });
    expect(run).toMatchObject({ HostConfig: { NetworkMode: "container:t-sandbox", UTSMode: "host" } });
    for (const body of [sandbox, run]) expect(body).not.toHaveProperty("Hostname");
  });

  it("fills late values, and refuses what the task does not have", () => {
    const text = new Late([{ late: "podIPs" }, "|", { late: "hostIP" }]);
    expect(openText(text, lateValues(["10.0.0.1", "fd00::1"], "192.0.2.1"))).toBe("10.0.0.1,fd00::1|192.0.2.1");
    expect(() => openText(text, lateValues([], "192.0.2.1"))).toThrow("status.podIPs");
  });
});

it("a file below a subPath is looked for in that one's own volume, the innermost", () => {
  const mounts = ["sub", "sub/deep"].map((subPath) => ({ volume: "v", path: `/${subPath}`, readOnly: false, subPath }));
  const spec = taskOf("m", [shell("a", "", { mounts })], {
    volumes: [
      { name: "other", kind: "emptyDir", medium: "disk" },
      { name: "v", kind: "emptyDir", medium: "disk" },
    ],
  });
  expect(volumeFile(spec, "v", "subway/env")).toBe("/burstlet/volumes/1/subway/env");
  expect(volumeFile(spec, "v", "sub/env")).toBe("/burstlet/volumes/1-0/env");
  expect(volumeFile(spec, "v", "sub/deep/a/env")).toBe("/burstlet/volumes/1-1/a/env");
});
