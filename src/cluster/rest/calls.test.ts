import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { calls, pathOf, type Call } from "./calls.ts";

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules?: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly resourceNames?: readonly string[];
    readonly verbs: readonly string[];
  }[];
  readonly roleRef?: { readonly kind: string; readonly name: string };
  readonly subjects?: readonly { readonly kind: string; readonly name: string; readonly namespace: string }[];
}

const account = { kind: "ServiceAccount", name: "burstlet", namespace: "burstlet" };

function read(document: string) {
  const text = readFileSync(new URL(`../../../${document}`, import.meta.url), "utf8");
  const manifests = parseAllDocuments(text).map((one) => one.toJS() as Manifest);
  const roles = manifests.filter(({ kind }) => kind === "ClusterRole" || kind === "Role");
  const bindings = manifests.filter(({ kind }) => kind === "ClusterRoleBinding" || kind === "RoleBinding");
  return { text, manifests, roles, bindings };
}

/** One right in one line: `get configmaps "name" in kube-system`. */
function right(
  group: string,
  resource: string,
  verb: string,
  name: string | undefined,
  where: string | undefined,
): string {
  const what = group === "" ? resource : `${resource}.${group}`;
  return `${verb} ${what}${name === undefined ? "" : ` "${name}"`}${where === undefined ? "" : ` in ${where}`}`;
}

const granted = (roles: readonly Manifest[]): string[] =>
  roles.flatMap(({ metadata, rules = [] }) =>
    rules.flatMap(({ apiGroups, resources, verbs, resourceNames = [undefined] }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) =>
          verbs.flatMap((verb) => resourceNames.map((name) => right(group, resource, verb, name, metadata.namespace))),
        ),
      ),
    ),
  );
const needed = (document: string): string[] =>
  Object.values<Call>(calls)
    .filter((call) => (call.document ?? "deploy/rbac.yaml") === document)
    .map(({ group, resource, verb, only, within }) => right(group, resource, verb, only, within));

describe("deploy/rbac.yaml", () => {
  it("makes the Namespace and the ServiceAccount burstlet/burstlet", () => {
    const { manifests } = read("deploy/rbac.yaml");
    expect(manifests.some(({ kind, metadata }) => kind === "Namespace" && metadata.name === "burstlet")).toBe(true);
    expect(manifests.filter(({ kind }) => kind === "ServiceAccount").map(({ metadata }) => metadata)).toEqual([
      { name: "burstlet", namespace: "burstlet" },
    ]);
  });
});

describe.each([
  ["deploy/rbac.yaml", 11],
  ["deploy/rbac-watch-references.yaml", 1],
  ["deploy/rbac-static-pods.yaml", 1],
  ["deploy/rbac-volumes.yaml", 2],
  ["deploy/rbac-serving-certificate.yaml", 1],
])("%s", (document, least) => {
  const { text, roles, bindings } = read(document);

  it("grants exactly the rights that the table of calls needs", () => {
    expect(granted(roles).toSorted()).toEqual(needed(document).toSorted());
  });

  it("binds every role to the ServiceAccount burstlet/burstlet, and nothing else", () => {
    const place = (each: Manifest, kind: string, name: string): string =>
      `${kind} ${name} in ${each.metadata.namespace}`;
    const bound = bindings.map((each) => place(each, each.roleRef?.kind ?? "", each.roleRef?.name ?? ""));
    expect(bound.toSorted()).toEqual(roles.map((each) => place(each, each.kind, each.metadata.name)).toSorted());
    for (const { subjects } of bindings) expect(subjects).toEqual([account]);
  });

  it("has a comment before each rule that says what needs it", () => {
    const lines = text.split("\n");
    const rules = lines.flatMap((line, index) => (line.trim().startsWith("- apiGroups:") ? [index] : []));
    expect(rules.length).toBeGreaterThanOrEqual(least);
    expect(rules.filter((index) => !lines[index - 1]?.trim().startsWith("# "))).toEqual([]);
  });
});

describe("paths", () => {
  it.each([
    [calls.getNode, { name: "n1" }, "/api/v1/nodes/n1"],
    [calls.patchNodeStatus, { name: "n1" }, "/api/v1/nodes/n1/status"],
    [calls.listPods, {}, "/api/v1/pods"],
    [calls.patchPodStatus, { namespace: "default", name: "web" }, "/api/v1/namespaces/default/pods/web/status"],
    [calls.createToken, { namespace: "a", name: "b" }, "/api/v1/namespaces/a/serviceaccounts/b/token"],
    [calls.getLease, { namespace: "c", name: "d" }, "/apis/coordination.k8s.io/v1/namespaces/c/leases/d"],
    [
      calls.getCertificateRequest,
      { name: "burstlet-a-x" },
      "/apis/certificates.k8s.io/v1/certificatesigningrequests/burstlet-a-x",
    ],
    [calls.reviewToken, {}, "/apis/authentication.k8s.io/v1/tokenreviews"],
    [calls.getPod, { namespace: "../x", name: "a/b?c" }, "/api/v1/namespaces/..%2Fx/pods/a%2Fb%3Fc"],
  ])("%o of %o is %s", (call, target, path) => {
    expect(pathOf(call, target)).toBe(path);
  });
});
