/** Paths with names in place of parts: `/subscriptions/{subscription}`. */

/** Parts of a path are encoded, so that an ARN with slashes is one part. `flags`: `i` where case does not count. */
export function patternOf(path: string, flags: "" | "i" = ""): RegExp {
  const source = path.replace(/\{(\w+)\}/g, "(?<$1>[^/]+)");
  return new RegExp(`^${source}/?$`, flags);
}

/** What stands for the names, decoded. */
export function membersOf(pattern: RegExp, pathname: string): Readonly<Record<string, string>> {
  const groups = pattern.exec(pathname)?.groups ?? {};
  return Object.fromEntries(Object.entries(groups).map(([name, value]) => [name, decodeURIComponent(value)]));
}
