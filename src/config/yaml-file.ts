import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { ConfigError } from "./config-error.ts";
import type { Path } from "./shape.ts";

/** So many uses of one anchor are a mistake or an attack: `yaml` counts them where they multiply. */
const maxAliasCount = 50;

export interface YamlFile {
  readonly value: unknown;
  /** `burstlet.yaml:5:7`: where the value of a path, or its key, stands; of what is missing, its mapping. */
  where(path: Path, of: "key" | "value"): string;
}

/** Throws a ConfigError with everything that is wrong with the text as YAML. */
export function readYaml(file: string, text: string): YamlFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  if (document.errors.length > 0) {
    throw new ConfigError(
      document.errors.map(({ pos, code, message }) => ({
        where: at(pos[0]),
        field: "",
        what: yamlWords(code, message),
      })),
    );
  }
  if (document.contents === null) {
    throw new ConfigError([{ where: file, field: "", what: `the file is empty; ${wanted}` }]);
  }
  if (!isMap(document.contents)) {
    const where = at(document.contents.range?.[0] ?? 0);
    throw new ConfigError([{ where, field: "", what: `not a mapping; ${wanted}` }]);
  }
  const followed = (node: unknown): unknown => (isAlias(node) ? node.resolve(document) : node);
  return {
    value: valueOf(file, () => document.toJS({ maxAliasCount })),
    where: (path, of) => at(offsetOf(document.contents as Node, path, of, followed)),
  };
}

const wanted = "it begins with apiVersion: burstlet.dev/v1alpha1 and kind: BurstletConfiguration";

function valueOf(file: string, read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    // An alias of nothing, or of too much.
    throw new ConfigError([{ where: file, field: "", what: (error as Error).message }]);
  }
}

function yamlWords(code: string, message: string): string {
  switch (code) {
    case "DUPLICATE_KEY":
      return "this field is here twice in one mapping; keep one of them";
    case "MULTIPLE_DOCS":
      return "a second document begins here; a configuration is one document";
    default:
      return `not YAML: ${message}`;
  }
}

function offsetOf(root: Node, path: Path, of: "key" | "value", followed: (node: unknown) => unknown): number {
  let node: unknown = root;
  let offset = root.range?.[0] ?? 0;
  for (const [place, key] of path.entries()) {
    const at = followed(node);
    if (isMap(at)) {
      const pair = at.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
      if (pair === undefined) return offset;
      const keyOffset = (pair.key as Node).range?.[0] ?? offset;
      offset =
        of === "key" && place === path.length - 1 ? keyOffset : ((pair.value as Node | null)?.range?.[0] ?? keyOffset);
      node = pair.value;
    } else if (isSeq(at)) {
      node = at.items[Number(key)];
      if (node === undefined) return offset;
      offset = (node as Node).range?.[0] ?? offset;
    } else {
      return offset;
    }
  }
  return offset;
}
