/**
 * What pods of a namespace, or of one of its service accounts, may name in their annotations: roles, identities, subnets
 * and the like, in the cloud's own ids. Without a grant nothing may be named: otherwise anybody who may edit a pod could
 * use whatever burstlet may pass.
 */
export interface Grant {
  readonly namespace: string;
  /** Absent: every service account of the namespace. */
  readonly serviceAccount?: string | undefined;
  /** The cloud's ids, `*` standing for any characters. */
  readonly allow: readonly string[];
}

/** Pure. May a pod of this service account name this id? */
export function isGranted(
  grants: readonly Grant[],
  who: { readonly namespace: string; readonly serviceAccount: string },
  id: string,
): boolean {
  return grants.some(
    ({ namespace, serviceAccount, allow }) =>
      namespace === who.namespace &&
      (serviceAccount === undefined || serviceAccount === who.serviceAccount) &&
      allow.some((pattern) => matches(pattern, id)),
  );
}

/** Piece by piece and not as a regular expression, which a pattern with many `*` would make slow. */
function matches(pattern: string, id: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  const last = rest.pop();
  if (last === undefined) return id === pattern;
  if (!id.startsWith(first)) return false;
  let at = first.length;
  for (const piece of rest) {
    const found = id.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return id.length - last.length >= at && id.endsWith(last);
}
