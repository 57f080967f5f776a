import { describe, expect, it } from "vitest";
import { containerSpec, specEnv } from "../../../../../test/support/tasks/task-specs.ts";
import { Late, SecretText } from "../../../../../src/provider.ts";
import { findImage, type Image } from "../images.ts";
import { etcFiles } from "./files/etc-files.ts";
import { bind, fstab } from "./files/mounts.ts";
import { endOfRun, startError, unknownEnd } from "./outcome.ts";
import { programOf } from "./program.ts";
import { planRoot, type HostLayout } from "./files/root-fs.ts";

const late = { podIP: "10.0.0.2", podIPs: "10.0.0.2", hostIP: "192.0.2.1", hostIPs: "192.0.2.1" };
const image = (name: string): Image => findImage(name) as Image;

describe("a program", () => {
  it.for([
    ["busybox", {}, ["sh"]],
    ["busybox", { args: ["echo", "x"] }, ["echo", "x"]],
    ["busybox", { command: ["sh", "-c"], args: ["true"] }, ["sh", "-c", "true"]],
    ["burstlet.dev/http-echo", {}, ["/opt/burstlet/node", "/opt/burstlet/http-echo.mjs"]],
    ["burstlet.dev/http-echo", { args: ["x"] }, ["/opt/burstlet/node", "/opt/burstlet/http-echo.mjs", "x"]],
    ["burstlet.dev/http-echo", { command: ["true"] }, ["true"]],
  ] as const)("of %s with %j is %j", ([name, change, argv]) => {
    expect(programOf(containerSpec(change), image(name), "host", late).argv).toEqual(argv);
  });

  it("has its values filled in and revealed, and the pod's over the defaults", () => {
    const env = [
      ...specEnv({ HOME: "/else" }),
      { name: "A", value: new Late([new SecretText("s"), { late: "podIP" }]) },
    ];
    const program = programOf(
      containerSpec({ env, command: [new SecretText("x")], workingDir: "/w" }),
      image("busybox"),
      "h",
      late,
    );
    expect(program).toMatchObject({ argv: ["x"], cwd: "/w", env: { HOME: "/else", HOSTNAME: "h", A: "s10.0.0.2" } });
  });
});

describe("an end", () => {
  const facts = { code: null, signal: null, oomKilled: false, startedAt: 1, finishedAt: 2 };
  it.for([
    [{ code: 0 }, { exitCode: 0, reason: "Completed" }],
    [{ code: 2 }, { exitCode: 2, reason: "Error" }],
    [{ signal: "SIGTERM" }, { exitCode: 143, signal: 15, reason: "Error" }],
    [
      { signal: "SIGKILL", oomKilled: true },
      { exitCode: 137, signal: 9, reason: "OOMKilled" },
    ],
    [
      { code: 137, oomKilled: true },
      { exitCode: 137, reason: "OOMKilled" },
    ],
    // A child was killed, and the program coped with it.
    [
      { code: 0, oomKilled: true },
      { exitCode: 0, reason: "Completed" },
    ],
    [{}, { exitCode: undefined, reason: "ContainerStatusUnknown" }],
  ] as const)("of %j is %j", ([change, end]) => {
    expect(endOfRun({ ...facts, ...change })).toMatchObject(end);
  });

  it("that nobody knows has no exit code, and a start error has containerd's", () => {
    expect(unknownEnd(undefined, undefined)).not.toHaveProperty("startedAt");
    expect(unknownEnd(1, 2).exitCode).toBeUndefined();
    expect(startError("words", 1, 2)).toMatchObject({ exitCode: 128, reason: "StartError", message: "words" });
  });
});

it("an fstab escapes what its format would misread", () => {
  expect(fstab([bind("/a b\\c", "/#x\ty", true)])).toBe("/a\\040b\\134c /\\043x\\011y none bind,ro 0 0\n");
});

describe("the files in /etc", () => {
  const spec = { hostname: "h", hostAliases: [{ ip: "1.2.3.4", hostnames: ["a", "b"] }], dns: undefined };
  it("name the pod's address and the aliases", () => {
    const { hosts } = etcFiles(spec, "10.0.0.2", "");
    expect(hosts).toContain("\n10.0.0.2\th\n");
    expect(hosts).toContain("\n1.2.3.4\ta\tb\n");
  });

  it("hold the pod's resolver, or the host's where it has none", () => {
    expect(etcFiles(spec, undefined, "nameserver 9.9.9.9\n")["resolv.conf"]).toBe("nameserver 9.9.9.9\n");
    const dns = { nameservers: ["1.1.1.1"], searches: ["a.b", "c"], options: ["ndots:5"] };
    expect(etcFiles({ ...spec, dns }, undefined, "")["resolv.conf"]).toBe(
      "search a.b c\nnameserver 1.1.1.1\noptions ndots:5\n",
    );
  });
});

describe("a root", () => {
  const host: HostLayout = {
    tops: [
      { path: "/bin", target: "usr/bin" },
      { path: "/usr", target: undefined },
    ],
    etc: [
      { path: "/etc/ssl", directory: true },
      { path: "/etc/services", directory: false },
    ],
    busybox: "/state/busybox",
    node: "/n/node",
    httpEcho: "/n/http-echo.mjs",
  };
  const targets = (...args: Parameters<typeof planRoot>): string[] =>
    planRoot(...args).mounts.map(({ target }) => target);

  it("of busybox has nothing of the host's file system but devices", () => {
    const sources = planRoot("/r", "busybox", host, {}).mounts.map(({ source }) => source);
    expect(sources.filter((source) => source.startsWith("/"))).toEqual([
      "/r",
      "/state/busybox",
      ...["null", "zero", "full", "random", "urandom", "tty"].map((name) => `/dev/${name}`),
    ]);
  });

  it("falls back to the host's tools without a busybox, and mounts them read-only", () => {
    const { mounts, links } = planRoot("/r", "busybox", { ...host, busybox: undefined }, {});
    expect(links).toContainEqual({ path: "/bin", target: "usr/bin" });
    for (const target of ["/r/usr", "/r/etc/ssl", "/r/etc/services"])
      expect(mounts.find((mount) => mount.target === target)?.options).toEqual(["bind", "ro"]);
  });

  it("of a server holds Node and its script", () => {
    expect(targets("/r", "node", host, {})).toEqual(
      expect.arrayContaining(["/r/opt/burstlet/node", "/r/opt/burstlet/http-echo.mjs"]),
    );
  });

  it.for(["busybox", "host", "node"] as const)("of kind %s makes each mount point before it mounts there", (kind) => {
    const { directories, files, mounts } = planRoot("/r", kind, host, { hosts: "" });
    const made = new Set(
      [...directories.map(({ path }) => path), ...files.map(({ path }) => path), ""].map((path) => `/r${path}`),
    );
    for (const { target } of mounts) expect(made).toContain(target);
  });
});
