/** Pure helpers for strategic merge patches of status. Callers build the content; this is the grammar. */

/**
 * Turns a merged list from `before` into `after`. The API server merges its elements by `key`: `type` for conditions,
 * `ip` for podIPs and hostIPs. What is gone is named with `$patch: delete`, because a merge alone keeps it; deleting
 * what is already gone is accepted.
 */
export function listPatch<K extends string>(
  key: K,
  before: readonly Readonly<Record<K, string>>[] | undefined,
  after: readonly Readonly<Record<K, string>>[],
): readonly object[] {
  const kept = new Set(after.map((item) => item[key]));
  const gone = (before ?? []).filter((item) => !kept.has(item[key]));
  return [...after, ...gone.map((item) => ({ [key]: item[key], $patch: "delete" }))];
}

/**
 * Replaces a merged list as a whole. For node addresses: they merge by `type`, so of two InternalIPs (IPv4 and IPv6)
 * a merge would lose one (tried; the kubelet does the same).
 */
export function listReplacement(after: readonly object[]): readonly object[] {
  return [...after, { $patch: "replace" }];
}
