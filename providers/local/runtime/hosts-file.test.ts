import { expect, test } from "vitest";
import { hostsFile } from "./hosts-file.ts";

const spec = { hostname: "h", hostAliases: [] };
const ownLines = (text: string): string[] => text.split("\n").filter((line) => /\th/.test(line));

test("a hosts file names the task once for each of its addresses, or beside the loopback when it has none", () => {
  expect(ownLines(hostsFile(spec, ["10.0.0.2", "fd00::2"]))).toEqual(["10.0.0.2\th", "fd00::2\th"]);
  expect(ownLines(hostsFile(spec, []))).toEqual(["127.0.1.1\th"]);
});

test("a hosts file has the full name of a task with a domain, whichever of the two is the hostname", () => {
  const domain = "sub.ns.svc.cluster.local";
  for (const hostname of ["h", `h.${domain}`]) {
    expect(ownLines(hostsFile({ ...spec, hostname, domain }, ["10.0.0.2"]))).toEqual([`10.0.0.2\th.${domain}\th`]);
  }
});

test("a hosts file has all names of an alias in one line, after the kubelet's heading", () => {
  const hostAliases = [
    { ip: "1.2.3.4", hostnames: ["a", "b"] },
    { ip: "1.2.3.5", hostnames: ["c"] },
  ];
  expect(hostsFile({ ...spec, hostAliases }, [])).toMatch(
    /^# Kubernetes-managed hosts file\.\n[^]*\n\n# Entries added by HostAliases\.\n1\.2\.3\.4\ta\tb\n1\.2\.3\.5\tc\n$/,
  );
});
