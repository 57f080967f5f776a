/** Which virtual node a request is for: ordinary requests and upgrades ask the same way. Reads memory alone. */
import { failure, text, type Answer } from "./answer.ts";
import type { HandlerContext } from "./handler.ts";
import { ofNode } from "./pod-lookup.ts";
import { matchRoute, type Match } from "./routes.ts";

export type Destination =
  | { readonly node: HandlerContext; readonly route: Match }
  /** No node's. `answer` is for those alone who may ask every node of `nodeNames`: others learn nothing from it. */
  | { readonly nodeNames: readonly string[]; readonly route: Match; readonly answer: Answer };

/** `path`: of the request, without its query. */
export type Direct = (path: string) => Destination;

/** Of a server that has one node for itself, as a kubelet has. */
export function toOneNode(context: HandlerContext): Direct {
  const node = withOwnPods(context);
  return (path) => ({ node, route: matchRoute(path) });
}

export interface SharedPort {
  readonly direct: Direct;
  /** From now on this node is served too; the returned function ends that. */
  add(context: HandlerContext): () => void;
}

/**
 * Of a server that several nodes share. A path that names a pod goes to the node that has it. What is about a node
 * (metrics, pods, health) has that node's prefix, `/nodes/<name>`: without it nobody knows which one is meant.
 */
export function toSharingNodes(): SharedPort {
  const nodes = new Map<string, HandlerContext>();
  return {
    direct: (path) => directAmong(nodes, path),
    add(context) {
      const node = withOwnPods(context);
      nodes.set(node.nodeName, node);
      return () => void (nodes.get(node.nodeName) === node && nodes.delete(node.nodeName));
    },
  };
}

/** Prefix of a node's paths on a shared port: `/nodes/burst-1`. */
export function nodePrefix(nodeName: string): string {
  return `/nodes/${nodeName}`;
}

function directAmong(nodes: ReadonlyMap<string, HandlerContext>, path: string): Destination {
  const nodeNames = [...nodes.keys()];
  const [, name, rest] = /^\/nodes\/([^/]+)(.*)$/s.exec(path) ?? [];
  if (name !== undefined) {
    const node = nodes.get(name);
    const route = matchRoute(rest ?? "");
    return node === undefined ? { nodeNames, route, answer: notFound } : { node, route };
  }
  const route = matchRoute(path);
  const { namespace, pod, uid } = route.params;
  if (namespace === undefined || pod === undefined) {
    return { nodeNames, route, answer: route.name === "notFound" ? notFound : whichNode(path, nodeNames) };
  }
  const node = nodeOf([...nodes.values()], namespace, pod, uid);
  return node === undefined ? { nodeNames, route, answer: noSuchPod(route, pod) } : { node, route };
}

/**
 * The one node with this pod. For a moment two may hold a pod of one name, when it was deleted here and made anew
 * there; the API server means the newer one.
 */
function nodeOf(
  nodes: readonly HandlerContext[],
  namespace: string,
  pod: string,
  uid: string | undefined,
): HandlerContext | undefined {
  const holders = nodes.flatMap((node) => {
    const metadata = node.pods.find(namespace, pod)?.pod.metadata;
    const isMeant = metadata !== undefined && (uid === undefined || metadata.uid === uid);
    return isMeant ? [{ node, created: metadata.creationTimestamp ?? "" }] : [];
  });
  return holders.toSorted((a, b) => b.created.localeCompare(a.created))[0]?.node;
}

const notFound = text(404, "404 page not found\n");

/** A metav1.Status, because of a plain text kubectl would show nothing. */
function whichNode(path: string, nodeNames: readonly string[]): Answer {
  const names = nodeNames.toSorted().join(", ");
  const sentence = `several virtual nodes share this port: ask for /nodes/<name>${path}, where <name> is of ${names}`;
  return failure(404, "NotFound", sentence);
}

function noSuchPod(route: Match, pod: string): Answer {
  const sentence = `pod "${pod}" does not exist`;
  return route.verb === "create" ? failure(404, "NotFound", sentence) : text(404, sentence);
}

/** Whatever the lookup holds. */
function withOwnPods(context: HandlerContext): HandlerContext {
  return { ...context, pods: ofNode(context.pods, context.nodeName) };
}
