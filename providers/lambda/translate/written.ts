/** What a pod's author has written, and what Kubernetes has added to it. Pure. */

/** The volume that Kubernetes adds to nearly every pod: token, certificate and namespace for calls of the API server. */
export function isAutomountedToken({ name, projected }: { name: string; projected?: unknown }): boolean {
  return projected !== undefined && projected !== null && name.startsWith("kube-api-access-");
}
