import type { V1SubjectAccessReview, V1TokenReview } from "@kubernetes/client-node";
import type { ConfigMap, Wire } from "../model/kube.ts";
import type { NodeAccess, TokenRequest, UserInfo } from "./cluster.ts";
import { ApiError } from "./cluster.ts";
import { calls } from "./rest/calls.ts";
import type { Rest } from "./rest/rest.ts";

/** `undefined`: the API server does not know this token. */
export async function reviewToken(rest: Rest, token: string): Promise<UserInfo | undefined> {
  const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token } };
  const review = await rest.send<Wire<V1TokenReview>>(calls.reviewToken, { body });
  const user = review.status?.user;
  if (review.status?.authenticated !== true || user?.username === undefined) return undefined;
  return { username: user.username, uid: user.uid, groups: user.groups ?? [], extra: user.extra };
}

export async function reviewAccess(
  rest: Rest,
  user: UserInfo,
  what: NodeAccess,
): Promise<{ allowed: boolean; reason: string }> {
  const { verb, nodeName: name, subresource } = what;
  const resourceAttributes = { group: "", version: "v1", resource: "nodes", name, verb, subresource };
  const spec = { user: user.username, uid: user.uid, groups: user.groups, extra: user.extra, resourceAttributes };
  const body = { apiVersion: "authorization.k8s.io/v1", kind: "SubjectAccessReview", spec };
  const { status } = await rest.send<Wire<V1SubjectAccessReview>>(calls.reviewAccess, { body });
  const allowed = status?.allowed === true && status.denied !== true;
  return { allowed, reason: status?.reason || status?.evaluationError || "" };
}

export async function serviceAccountToken(
  rest: Rest,
  request: TokenRequest,
): Promise<{ token: string; expiresAt: string }> {
  const { namespace, serviceAccount, pod, audience, expirationSeconds } = request;
  const boundObjectRef = { apiVersion: "v1", kind: "Pod", name: pod.name, uid: pod.uid };
  const spec = { audiences: audience === undefined ? undefined : [audience], expirationSeconds, boundObjectRef };
  const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec };
  const answer = await rest.send<{ status: { token: string; expirationTimestamp: string } }>(calls.createToken, {
    namespace,
    name: serviceAccount,
    body,
  });
  return { token: answer.status.token, expiresAt: answer.status.expirationTimestamp };
}

/** `undefined`: this cluster publishes no CA for client certificates. */
export async function clientCA(rest: Rest): Promise<string | undefined> {
  const { within: namespace, only: name } = calls.getClientCA;
  try {
    const map = await rest.send<ConfigMap>(calls.getClientCA, { namespace, name });
    return map.data?.["client-ca-file"];
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}
