import { expect, it, test } from "vitest";

import { matchRoute } from "./routes.ts";

test.for([
  ["/healthz", "healthz", {}],
  ["/healthz/ping", "healthz", { check: "ping" }],
  ["/livez", "livez", {}],
  ["/readyz/cache", "readyz", { check: "cache" }],
  ["/pods", "pods", {}],
  ["/pods/", "pods", {}],
  ["/runningpods/", "runningPods", {}],
  ["/containerLogs/ns/web-0/main", "containerLogs", { namespace: "ns", pod: "web-0", container: "main" }],
  ["/exec/ns/p/c", "exec", { namespace: "ns", pod: "p", container: "c" }],
  ["/exec/ns/p/u-1/c", "exec", { namespace: "ns", pod: "p", uid: "u-1", container: "c" }],
  ["/attach/ns/p/u-1/c", "attach", { namespace: "ns", pod: "p", uid: "u-1", container: "c" }],
  ["/portForward/ns/p", "portForward", { namespace: "ns", pod: "p" }],
  ["/portForward/ns/p/u-1", "portForward", { namespace: "ns", pod: "p", uid: "u-1" }],
  ["/run/ns/p/u-1/c", "run", { namespace: "ns", pod: "p", uid: "u-1", container: "c" }],
  ["/stats/summary", "statsSummary", {}],
  ["/metrics", "metrics", {}],
  ["/metrics/resource", "metricsResource", {}],
  ["/logs/", "nodeLogs", {}],
  ["/logs/kubelet/deep.log", "nodeLogs", {}],
  ["/debug/pprof/heap", "profiling", {}],
  ["/containerLogs/a%2Fb/p%20q/c", "containerLogs", { namespace: "a/b", pod: "p q", container: "c" }],
] as const)("%s is %s", ([path, name, params]) => {
  expect(matchRoute(path)).toMatchObject({ name, params });
});

test.for([
  "/",
  "",
  "*",
  "/nothing",
  "/pods/default",
  "/Pods",
  "//pods",
  "/metrics/../pods",
  "/./pods",
  "/containerLogs/ns/p",
  "/containerLogs/ns//c",
  "/containerLogs/ns/p/c/d",
  "/containerLogs/%zz/p/c",
  "/containerLogs%2Fns/p/c",
  "/exec/ns/p",
  "/__proto__",
])("%j is nothing that anybody can use", (path) => {
  expect(matchRoute(path).name).toBe("notFound");
});

test.for([
  ["/metrics/anything", ["metrics"]],
  ["/stats/anything", ["stats"]],
  ["/logs", ["log"]],
  ["/pods", ["pods", "proxy"]],
  ["/runningpods", ["pods", "proxy"]],
  ["/healthz/x", ["healthz", "proxy"]],
  ["/configz", ["configz", "proxy"]],
  ["/statusz", ["statusz", "proxy"]],
  ["/checkpoint/ns/p/c", ["checkpoint"]],
  ["/containerLogs/ns/p/c", ["proxy"]],
  ["/nothing", ["proxy"]],
] as const)("%s is a matter of the subresources %j", ([path, subresources]) => {
  expect(matchRoute(path).subresources).toEqual(subresources);
});

it("demands the verb create wherever a command could run, and nowhere else", () => {
  const forced = [
    "/exec/n/p/c",
    "/exec/n/p/u/c",
    "/attach/n/p/c",
    "/attach/n/p/u/c",
    "/portForward/n/p",
    "/portForward/n/p/u",
  ];
  for (const path of [...forced, "/run/n/p/c", "/run/n/p/u/c"]) expect(matchRoute(path).verb).toBe("create");
  for (const path of ["/pods", "/containerLogs/n/p/c", "/metrics", "/x"]) expect(matchRoute(path).verb).toBeUndefined();
});
