/** The service account's token that Kubernetes adds to nearly every pod. Pure. */

/** A pod that wants it says "true" here: each such pod costs a secret and a task definition of its own. Its form is checked by translate/placement.ts. */
export const tokenAnnotation = "fargate.burstlet.dev/service-account-token";

export function asksForToken(annotations: Readonly<Record<string, string>> = {}): boolean {
  return annotations[tokenAnnotation] === "true";
}
