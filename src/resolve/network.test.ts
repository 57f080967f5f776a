import { expect, test } from "vitest";
import type { PodSpec } from "../model/kube.ts";
import { podOf, problemsOf, resolved, resolvedPod } from "../../test/support/resolve-sources.ts";
import type { ResolveNode } from "./resolve.ts";

const long = `${"a".repeat(61)}-.-${"b".repeat(10)}`;

test.for<[what: string, spec: Partial<PodSpec>, hostname: string, domain: string | undefined]>([
  ["its name", {}, "web", undefined],
  ["its hostname", { hostname: "db" }, "db", undefined],
  ["its hostname and subdomain", { hostname: "db", subdomain: "sub" }, "db", "sub.ns.svc.cluster.local"],
  ["its name and subdomain", { subdomain: "sub" }, "web", "sub.ns.svc.cluster.local"],
  [
    "its FQDN on demand",
    { hostname: "db", subdomain: "sub", setHostnameAsFQDN: true },
    "db.sub.ns.svc.cluster.local",
    "sub.ns.svc.cluster.local",
  ],
  ["its name where there is no FQDN", { setHostnameAsFQDN: true }, "web", undefined],
  ["an override before all", { hostnameOverride: "a.b.c", hostname: "db", subdomain: "sub" }, "a.b.c", undefined],
  ["63 characters, not ending in - or .", { hostname: long }, "a".repeat(61), undefined],
])("a pod's host name is %s", async ([, spec, hostname, domain]) => {
  const pod = await resolvedPod(podOf(spec));
  expect([pod.hostname, pod.domain]).toEqual([hostname, domain]);
});

test("the domain is the node's", async () => {
  const pod = await resolvedPod(podOf({ subdomain: "sub" }), {}, { clusterDomain: "example.org" });
  expect(pod.domain).toBe("sub.ns.svc.example.org");
});

test("an FQDN longer than the kernel's 64 characters is refused", async () => {
  const fqdn = (hostname: string) => podOf({ hostname, subdomain: "sub", setHostnameAsFQDN: true });
  // 25 characters stand behind the name.
  expect((await resolvedPod(fqdn("a".repeat(39)))).hostname).toHaveLength(64);
  expect(await problemsOf(fqdn("a".repeat(40)))).toEqual([
    expect.stringMatching(/^invalid spec\.setHostnameAsFQDN: failed to construct FQDN .* is too long .*65 characters/),
  ]);
});

const clusterDNS = ["10.0.0.10"];
const searches = ["ns.svc.cluster.local", "svc.cluster.local", "cluster.local"];
const cloud = { policy: "cloud", nameservers: [], searches: [], options: [] };
const cluster = { policy: "explicit", nameservers: clusterDNS, searches, options: ["ndots:5"] };

test.for<[what: string, spec: Partial<PodSpec>, node: Partial<ResolveNode>, dns: object]>([
  ["ClusterFirst is the cluster's", { dnsPolicy: "ClusterFirst" }, { clusterDNS }, cluster],
  ["no policy is ClusterFirst", {}, { clusterDNS }, cluster],
  ["ClusterFirst without cluster DNS is the cloud's", { dnsPolicy: "ClusterFirst" }, {}, cloud],
  ["ClusterFirst on the host's network is the cloud's", { hostNetwork: true }, { clusterDNS }, cloud],
  [
    "ClusterFirstWithHostNet is the cluster's there too",
    { hostNetwork: true, dnsPolicy: "ClusterFirstWithHostNet" },
    { clusterDNS },
    cluster,
  ],
  ["Default is the cloud's", { dnsPolicy: "Default" }, { clusterDNS }, cloud],
  [
    "None is what the pod says and nothing else",
    {
      dnsPolicy: "None",
      dnsConfig: {
        nameservers: ["1.1.1.1"],
        searches: ["a.b"],
        options: [{ name: "ndots", value: "2" }, { name: "edns0" }],
      },
    },
    { clusterDNS },
    { policy: "explicit", nameservers: ["1.1.1.1"], searches: ["a.b"], options: ["ndots:2", "edns0"] },
  ],
  [
    "the pod adds to the cluster's, without repeating; its options win",
    {
      dnsConfig: {
        nameservers: ["1.1.1.1", "10.0.0.10"],
        searches: ["cluster.local", "a.b"],
        options: [{ name: "ndots", value: "2" }],
      },
    },
    { clusterDNS },
    {
      policy: "explicit",
      nameservers: ["10.0.0.10", "1.1.1.1"],
      searches: [...searches, "a.b"],
      options: ["ndots:2"],
    },
  ],
  [
    "the pod adds to the cloud's",
    { dnsPolicy: "Default", dnsConfig: { searches: ["a.b"] } },
    {},
    { ...cloud, searches: ["a.b"] },
  ],
  [
    "the cluster's domain is the node's",
    {},
    { clusterDNS, clusterDomain: "example.org" },
    { ...cluster, searches: ["ns.svc.example.org", "svc.example.org", "example.org"] },
  ],
])("%s", async ([, spec, node, dns]) => {
  expect((await resolvedPod(podOf(spec), {}, node)).dns).toEqual(dns);
});

const many = (count: number, length: number) =>
  Array.from({ length: count }, (_, index) => `${index}`.padStart(length, "x"));

test.for<[what: string, dnsConfig: NonNullable<PodSpec["dnsConfig"]>, kept: object, warning: RegExp]>([
  [
    "three name servers",
    { nameservers: ["1.1.1.1", "1.1.1.2", "1.1.1.3", "1.1.1.4"] },
    { nameservers: ["1.1.1.1", "1.1.1.2", "1.1.1.3"] },
    /^Nameserver limits .*: 1\.1\.1\.1 1\.1\.1\.2 1\.1\.1\.3$/,
  ],
  ["32 searches", { searches: many(33, 5) }, { searches: many(32, 5) }, /^Search Line limits/],
  ["searches of 253 characters", { searches: [...many(1, 254), "a.b"] }, { searches: ["a.b"] }, /^Search Line limits/],
  ["2048 characters of searches", { searches: many(9, 250) }, { searches: many(8, 250) }, /^Search Line limits/],
])("resolv.conf takes at most %s; more are told and left out", async ([, dnsConfig, kept, message]) => {
  const resolution = await resolved(podOf({ dnsPolicy: "None", dnsConfig }));
  expect(resolution.ok && resolution.pod.dns).toMatchObject(kept);
  expect(resolution.warnings).toEqual([
    expect.objectContaining({ reason: "DNSConfigForming", message: expect.stringMatching(message) }),
  ]);
});

test.for<[last: number, kept: number]>([
  [16, 9],
  [17, 8],
])(
  "a search line takes 2048 characters with its spaces: of nine searches, the last of %d, it takes %d",
  async ([last, kept]) => {
    const dnsConfig = { searches: [...many(8, 253), "y".repeat(last)] };
    expect((await resolvedPod(podOf({ dnsPolicy: "None", dnsConfig }))).dns.searches).toHaveLength(kept);
  },
);

test("host aliases are kept as they are", async () => {
  const hostAliases = [{ ip: "192.0.2.1", hostnames: ["a", "b"] }, { ip: "192.0.2.2" }];
  expect((await resolvedPod(podOf({ hostAliases }))).hostAliases).toEqual([
    { ip: "192.0.2.1", hostnames: ["a", "b"] },
    { ip: "192.0.2.2", hostnames: [] },
  ]);
});
