/** What a pod may ask about itself and its node: `fieldRef` and `resourceFieldRef`. */
import type { Container, Pod } from "../model/kube.ts";
import type { ResolvedResources } from "../model/resolved-pod.ts";
import { Late, type Text } from "../model/secret-text.ts";
import { bytes, cores, divideUp, nano, parseQuantity } from "./quantity.ts";
import { invalid, type Finds, type ResolveNode, type Where } from "./resolution.ts";

/** Resource names to nano units, as written or defaulted. */
type Amounts = ReadonlyMap<string, bigint>;

interface FieldRef {
  readonly apiVersion?: string;
  readonly fieldPath: string;
}

interface ResourceFieldRef {
  readonly containerName?: string;
  readonly resource: string;
  readonly divisor?: string;
}

/** A field as an environment variable shows it. */
export function* envField(pod: Pod, node: ResolveNode, { fieldPath }: FieldRef, where: Where): Finds<Text> {
  switch (fieldPath) {
    case "spec.nodeName":
    // The name of v1beta clients, still converted by the API.
    case "spec.host":
      return node.name;
    case "spec.serviceAccountName":
      return pod.spec?.serviceAccountName ?? "";
    case "status.hostIP":
      return node.hostIP ?? new Late([{ late: "hostIP" }]);
    case "status.hostIPs":
      return node.hostIP ?? new Late([{ late: "hostIPs" }]);
    case "status.podIP":
      return new Late([{ late: "podIP" }]);
    case "status.podIPs":
      return new Late([{ late: "podIPs" }]);
    default:
      return yield* metadataField(pod, { fieldPath }, where);
  }
}

/** A field as a file of a downwardAPI volume shows it: metadata only. */
export function* metadataField(pod: Pod, { fieldPath }: FieldRef, where: Where): Finds<string> {
  const { name = "", namespace = "", uid = "", labels = {}, annotations = {} } = pod.metadata ?? {};
  const [, owner, key] = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(fieldPath) ?? [];
  if (key !== undefined) return (owner === "labels" ? labels : annotations)[key] ?? "";
  switch (fieldPath) {
    case "metadata.name":
      return name;
    case "metadata.namespace":
      return namespace;
    case "metadata.uid":
      return uid;
    case "metadata.labels":
      return formatMap(labels);
    case "metadata.annotations":
      return formatMap(annotations);
    default:
      yield invalid(where, `unsupported fieldPath: ${fieldPath}`);
      return "";
  }
}

/** A container's limit or request, counted in divisors and rounded up. `own`: the container that asks, if one does. */
export function* resourceField(
  pod: Pod,
  node: ResolveNode,
  ref: ResourceFieldRef,
  own: Container | undefined,
  where: Where,
): Finds<string> {
  const { containerName = "", resource } = ref;
  const container = containerName === "" ? own : findContainer(pod, containerName);
  if (container === undefined) {
    yield invalid(where, `container ${containerName} not found`);
    return "";
  }
  const [, side, name] = /^(limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-.*)$/.exec(resource) ?? [];
  if (name === undefined) {
    yield invalid(where, `unsupported container resource : ${resource}`);
    return "";
  }
  const divisor = parseQuantity(ref.divisor ?? "0");
  if (divisor === undefined || divisor < 0n) {
    yield invalid(where, `divisor "${ref.divisor}" is no quantity`);
    return "";
  }
  const { limits, requests } = yield* amountsOf(container, where);
  const amount = side === "requests" ? requests.get(name) : limitOf(name, limits, pod, node);
  // CPU is counted in thousandths, everything else in whole units; both are rounded up first, as the kubelet does.
  const step = name === "cpu" ? nano / 1000n : nano;
  const unit = divisor === 0n ? nano : divisor;
  return String(divideUp(divideUp(amount ?? 0n, step), divideUp(unit, step)));
}

/** Cores and bytes of one container, or of a pod as a whole; a request that is not set is its limit, as the API defaults it. */
export function* resolvedResources(container: Pick<Container, "resources">, where: Where): Finds<ResolvedResources> {
  const { limits, requests } = yield* amountsOf(container, where);
  const resources: { -readonly [Name in keyof ResolvedResources]: number } = {};
  const set = (name: keyof ResolvedResources, amount: bigint | undefined, toNumber: (amount: bigint) => number) => {
    if (amount !== undefined) resources[name] = toNumber(amount);
  };
  set("cpuRequest", requests.get("cpu"), cores);
  set("cpuLimit", limits.get("cpu"), cores);
  set("memoryRequest", requests.get("memory"), bytes);
  set("memoryLimit", limits.get("memory"), bytes);
  set("storageRequest", requests.get("ephemeral-storage"), bytes);
  set("storageLimit", limits.get("ephemeral-storage"), bytes);
  return resources;
}

/** `key="value"` lines, sorted. */
function formatMap(map: Readonly<Record<string, string>>): string {
  const lines = Object.entries(map).map(([key, value]) => `${key}=${quote(value)}`);
  return lines.toSorted().join("\n");
}

const shortEscapes: Readonly<Record<string, string>> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
  '"': '\\"',
};

/** As Go's strconv.Quote, because programs parse these files by its rules. */
function quote(text: string): string {
  const escaped = text.replaceAll(/["\\]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    const hex = (digits: number) => code.toString(16).padStart(digits, "0");
    if (character in shortEscapes) return shortEscapes[character] ?? "";
    if (code < 0x20 || code === 0x7f) return `\\x${hex(2)}`;
    return code < 0x1_0000 ? `\\u${hex(4)}` : `\\U${hex(8)}`;
  });
  return `"${escaped}"`;
}

function findContainer(pod: Pod, name: string): Container | undefined {
  const { containers = [], initContainers = [] } = pod.spec ?? {};
  return [...containers, ...initContainers].find((container) => container.name === name);
}

function* amountsOf(
  { resources }: Pick<Container, "resources">,
  where: Where,
): Finds<{ limits: Amounts; requests: Amounts }> {
  const limits = yield* parseAll(resources?.limits, where);
  const requests = yield* parseAll(resources?.requests, where);
  return { limits, requests: new Map([...limits, ...requests]) };
}

function* parseAll(list: Readonly<Record<string, string>> | undefined, where: Where): Finds<Amounts> {
  const amounts = new Map<string, bigint>();
  for (const [name, text] of Object.entries(list ?? {})) {
    const amount = parseQuantity(text);
    if (amount === undefined) yield invalid(where, `"${text}" is no quantity of ${name}`);
    else amounts.set(name, amount);
  }
  return amounts;
}

/** The container's limit, else the pod's, else what the node has; huge pages are never more than asked for. */
function limitOf(name: string, limits: Amounts, pod: Pod, { allocatable }: ResolveNode): bigint | undefined {
  const own = limits.get(name);
  if ((own !== undefined && own !== 0n) || name.startsWith("hugepages-")) return own;
  const ofPod = name === "ephemeral-storage" ? undefined : pod.spec?.resources?.limits?.[name];
  const parsed = ofPod === undefined ? undefined : parseQuantity(ofPod);
  if (parsed !== undefined && parsed !== 0n) return parsed;
  switch (name) {
    case "cpu":
      return BigInt(Math.round(allocatable.cpu * 1000)) * (nano / 1000n);
    case "memory":
      return BigInt(Math.trunc(allocatable.memory)) * nano;
    default:
      return BigInt(Math.trunc(allocatable.ephemeralStorage)) * nano;
  }
}
