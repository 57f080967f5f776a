/** Files as one text that a shell unpacks: a tar, gzipped, in base64. Pure; the same files give the same text. */
import { gzipSync } from "fflate";
import { type ResolvedFile, SecretText, type TarEntry, type Text, packTar } from "../../../src/provider.ts";

/** A file at its path in the archive; what only a task knows is in none. */
export interface ArchivedFile extends ResolvedFile {
  readonly gid: number;
}

/** As secret as the most secret of its files. */
export function archiveOf(files: readonly ArchivedFile[]): string | SecretText {
  const tar = packTar([...foldersOf(files), ...files.map(entryOf)]);
  // Without the time of packing.
  const text = Buffer.from(gzipSync(tar, { mtime: 0, level: 9 })).toString("base64");
  return files.some(({ content }) => isSecret(content)) ? new SecretText(text) : text;
}

export function isSecret(value: Text): boolean {
  return (
    value instanceof SecretText || (typeof value === "object" && value.parts.some((part) => part instanceof SecretText))
  );
}

function entryOf({ path, mode, uid = 0, gid, content, encoding }: ArchivedFile): TarEntry {
  return { path, type: "file", mode, uid, gid, content: Buffer.from(textOf(content), encoding) };
}

/** It goes from here into a text that is as secret. */
function textOf(content: Text): string {
  if (typeof content === "string") return content;
  return content instanceof SecretText ? content.reveal() : "";
}

function foldersOf(files: readonly ArchivedFile[]): readonly TarEntry[] {
  const folders = new Map<string, number>();
  for (const { path, gid } of files) {
    const steps = path.split("/").slice(0, -1);
    for (const [index] of steps.entries()) folders.set(steps.slice(0, index + 1).join("/"), gid);
  }
  return [...folders].map(([path, gid]) => ({ path, type: "directory", mode: 0o755, gid }));
}
