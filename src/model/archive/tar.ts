/** Just enough of tar: what an engine takes and gives, and what a shell unpacks. The same entries give the same bytes. Pure. */

export interface TarEntry {
  /** Relative, `/`-separated; directories without a trailing slash. */
  readonly path: string;
  readonly type: "file" | "directory" | "link";
  readonly mode: number;
  readonly content?: Buffer | undefined;
  /** Of a symbolic link: where it leads. */
  readonly target?: string | undefined;
  /** Owner and group; absent: root. */
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
}

const block = 512;

const types = { file: "0", directory: "5", link: "2" } as const;

export function packTar(entries: readonly TarEntry[]): Buffer {
  const parts = entries.flatMap((entry) => {
    const content = entry.content ?? Buffer.alloc(0);
    const name = entry.type === "directory" ? `${entry.path}/` : entry.path;
    const head = header(name, types[entry.type], entry, content.length);
    return [...longNames({ K: entry.target ?? "", L: name }), head, padded(content)];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * block)]);
}

/** What is too long for a header's 100 bytes goes before it, as GNU's tar has it: busybox's knows no other way. */
function longNames(names: Readonly<Record<"L" | "K", string>>): Buffer[] {
  return Object.entries(names).flatMap(([type, name]) => {
    if (Buffer.byteLength(name) <= 100) return [];
    const body = Buffer.from(`${name}\0`);
    return [header("././@LongLink", type, { mode: 0o644 }, body.length), padded(body)];
  });
}

function padded(content: Buffer): Buffer {
  const rest = content.length % block;
  return rest === 0 ? content : Buffer.concat([content, Buffer.alloc(block - rest)]);
}

function header(
  name: string,
  type: string,
  { mode, uid = 0, gid = 0, target = "" }: Pick<TarEntry, "mode" | "uid" | "gid" | "target">,
  size: number,
): Buffer {
  const head = Buffer.alloc(block);
  head.write(name, 0, 100, "utf8");
  octal(head, mode & 0o7777, 100, 8);
  owner(head, uid, 108);
  owner(head, gid, 116);
  octal(head, size, 124, 12);
  octal(head, 0, 136, 12);
  head.write("        ", 148, 8, "latin1");
  head.write(type, 156, 1, "latin1");
  head.write(target, 157, 100, "utf8");
  head.write("ustar\u000000", 257, 8, "latin1");
  const sum = head.reduce((total, byte) => total + byte, 0);
  head.write(`${sum.toString(8).padStart(6, "0")}\u0000 `, 148, 8, "latin1");
  return head;
}

/** Seven octal digits hold 2,097,151; a larger number is binary with the highest bit set, as GNU tar has it and Go reads it. */
function owner(head: Buffer, id: number, offset: number): void {
  if (id <= 0o7777777) return octal(head, id, offset, 8);
  head[offset] = 0x80;
  head.writeUIntBE(id, offset + 2, 6);
}

function octal(head: Buffer, value: number, offset: number, width: number): void {
  head.write(`${value.toString(8).padStart(width - 1, "0")}\u0000`, offset, width, "latin1");
}

/** The content of the first regular file of an archive, at most `limit` last bytes of it; `undefined` when there is none. */
export function firstFile(tar: Buffer, limit: number): Buffer | undefined {
  for (let at = 0; at + block <= tar.length;) {
    const head = tar.subarray(at, at + block);
    if (head[0] === 0) return undefined;
    const size = Number.parseInt(head.toString("latin1", 124, 136).replace(/[\0 ].*$/, ""), 8) || 0;
    const type = head.toString("latin1", 156, 157);
    const start = at + block;
    if (type === "0" || type === "\0") return tar.subarray(Math.max(start, start + size - limit), start + size);
    at = start + Math.ceil(size / block) * block;
  }
  return undefined;
}
