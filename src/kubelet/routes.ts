/**
 * The kubelet's HTTPS API as a table (k8s.io/kubernetes pkg/kubelet/server/server.go and auth.go). The path decides
 * which subresources of `nodes` allow a request; what the path does not name falls under `proxy`.
 */
interface Route {
  readonly name: string;
  /** Segments: a literal, `{parameter}`, or a last `*` for any rest, also an empty one. */
  readonly path: string;
  /** Other methods are answered 405 with `Allow`. */
  readonly methods: readonly string[];
  /** Asked in this order; the first that allows suffices. */
  readonly subresources: readonly Subresource[];
  /** The verb to demand whatever the HTTP method: a WebSocket GET must not make exec a matter of reading. */
  readonly verb?: "create";
}

type Subresource = "proxy" | "pods" | "stats" | "metrics" | "log" | "healthz" | "configz" | "statusz" | "checkpoint";

const get = ["GET"] as const;
const post = ["POST"] as const;
const getOrPost = ["GET", "POST"] as const;

/** The first row that matches counts. `satisfies` keeps the names literal: each has exactly one handler. */
const routes = [
  { name: "healthz", path: "/healthz", methods: get, subresources: ["healthz", "proxy"] },
  { name: "healthz", path: "/healthz/{check}", methods: get, subresources: ["healthz", "proxy"] },
  { name: "livez", path: "/livez", methods: get, subresources: ["healthz", "proxy"] },
  { name: "livez", path: "/livez/{check}", methods: get, subresources: ["healthz", "proxy"] },
  { name: "readyz", path: "/readyz", methods: get, subresources: ["healthz", "proxy"] },
  { name: "readyz", path: "/readyz/{check}", methods: get, subresources: ["healthz", "proxy"] },
  { name: "pods", path: "/pods", methods: get, subresources: ["pods", "proxy"] },
  { name: "runningPods", path: "/runningpods", methods: get, subresources: ["pods", "proxy"] },
  {
    name: "containerLogs",
    path: "/containerLogs/{namespace}/{pod}/{container}",
    methods: get,
    subresources: ["proxy"],
  },
  {
    name: "exec",
    path: "/exec/{namespace}/{pod}/{container}",
    methods: getOrPost,
    subresources: ["proxy"],
    verb: "create",
  },
  {
    name: "exec",
    path: "/exec/{namespace}/{pod}/{uid}/{container}",
    methods: getOrPost,
    subresources: ["proxy"],
    verb: "create",
  },
  {
    name: "attach",
    path: "/attach/{namespace}/{pod}/{container}",
    methods: getOrPost,
    subresources: ["proxy"],
    verb: "create",
  },
  {
    name: "attach",
    path: "/attach/{namespace}/{pod}/{uid}/{container}",
    methods: getOrPost,
    subresources: ["proxy"],
    verb: "create",
  },
  {
    name: "portForward",
    path: "/portForward/{namespace}/{pod}",
    methods: getOrPost,
    subresources: ["proxy"],
    verb: "create",
  },
  {
    name: "portForward",
    path: "/portForward/{namespace}/{pod}/{uid}",
    methods: getOrPost,
    subresources: ["proxy"],
    verb: "create",
  },
  { name: "run", path: "/run/{namespace}/{pod}/{container}", methods: post, subresources: ["proxy"], verb: "create" },
  {
    name: "run",
    path: "/run/{namespace}/{pod}/{uid}/{container}",
    methods: post,
    subresources: ["proxy"],
    verb: "create",
  },
  { name: "statsSummary", path: "/stats/summary", methods: getOrPost, subresources: ["stats"] },
  { name: "metrics", path: "/metrics", methods: get, subresources: ["metrics"] },
  { name: "metricsResource", path: "/metrics/resource", methods: get, subresources: ["metrics"] },
  { name: "metricsProbes", path: "/metrics/probes", methods: get, subresources: ["metrics"] },
  { name: "metricsCadvisor", path: "/metrics/cadvisor", methods: get, subresources: ["metrics"] },
  { name: "configz", path: "/configz", methods: get, subresources: ["configz", "proxy"] },
  // What follows has no meaning on a node that is not a machine, and is answered as a kubelet that switched it off.
  { name: "nodeLogs", path: "/logs/*", methods: get, subresources: ["log"] },
  { name: "profiling", path: "/debug/pprof/*", methods: get, subresources: ["proxy"] },
  { name: "debugFlags", path: "/debug/flags/v", methods: ["GET", "PUT"], subresources: ["proxy"] },
  { name: "notFound", path: "/checkpoint/{namespace}/{pod}/{container}", methods: post, subresources: ["checkpoint"] },
  { name: "notFound", path: "/statusz", methods: get, subresources: ["statusz", "proxy"] },
  { name: "notFound", path: "/metrics/*", methods: get, subresources: ["metrics"] },
  { name: "notFound", path: "/stats/*", methods: getOrPost, subresources: ["stats"] },
] as const satisfies readonly Route[];

export type RouteName = (typeof routes)[number]["name"];

/** Every other path: 404, but only for those who may use the whole API, so that strangers cannot map it. */
const unknownPath = { name: "notFound", methods: [], subresources: ["proxy"] } as const;

export interface Match {
  readonly name: RouteName;
  /** Empty: any method, because there is nothing to be done by it. */
  readonly methods: readonly string[];
  readonly subresources: readonly Subresource[];
  readonly verb?: "create";
  readonly params: Readonly<Record<string, string>>;
}

/**
 * The route of a request's path (no query). Segments are decoded after they are told apart, so an encoded slash
 * stays inside its segment; `..` and empty segments mean nothing and match nothing. One slash at the end is free.
 */
export function matchRoute(path: string): Match {
  const segments = path.replace(/\/$/, "").split("/").slice(1);
  for (const route of routes) {
    const params = matchSegments(route.path.split("/").slice(1), segments);
    if (params !== undefined) return { ...route, params };
  }
  return { ...unknownPath, params: {} };
}

function matchSegments(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  const open = pattern.at(-1) === "*";
  const fixed = open ? pattern.slice(0, -1) : pattern;
  if (open ? segments.length < fixed.length : segments.length !== fixed.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of fixed.entries()) {
    const segment = segments[index] ?? "";
    if (!part.startsWith("{")) {
      if (part !== segment) return undefined;
      continue;
    }
    const value = decoded(segment);
    if (value === undefined || value === "") return undefined;
    params[part.slice(1, -1)] = value;
  }
  return params;
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
