/** Mounts as lines of an fstab, so that one process makes them all (`mount --all --fstab`). */
export interface Mount {
  readonly source: string;
  /** Path on the host, inside the root that is being built. */
  readonly target: string;
  readonly type: string;
  readonly options: readonly string[];
}

export function bind(source: string, target: string, readOnly: boolean): Mount {
  return { source, target, type: "none", options: ["bind", ...(readOnly ? ["ro"] : [])] };
}

export function fstab(mounts: readonly Mount[]): string {
  const lines = mounts.map(({ source, target, type, options }) =>
    [escape(source), escape(target), type, options.join(","), "0", "0"].join(" "),
  );
  return `${lines.join("\n")}\n`;
}

/** fstab(5): white space and backslash as octal; a leading # would be a comment. */
function escape(path: string): string {
  return path.replace(/[\s\\#]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, "0")}`);
}
