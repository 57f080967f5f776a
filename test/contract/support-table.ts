// oxlint-disable-next-line burstlet/imports -- The generated classes are the list of the API's fields.
import * as kubernetes from "@kubernetes/client-node";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { ConditionalRow, Fields } from "../../src/provider.ts";

type Row = ConditionalRow<never>;

/** What holds for every provider's table of fields. `folder`: where the provider's README is. */
export function describeSupportTable(rows: readonly Row[], known: Fields, folder: string): void {
  describe("the support table", () => {
    test("has a row for every field of a pod's spec that Kubernetes has", () => {
      expect(fieldsOfType("V1PodSpec").size).toBeGreaterThan(40);
      expect(withoutRow("V1PodSpec", known, "spec")).toEqual([]);
    });

    test("has no row for a field that Kubernetes does not have", () => {
      expect(withoutField("V1PodSpec", known, "spec")).toEqual([]);
    });

    test("tells of every row in a sentence, and finds what it changes or refuses", () => {
      for (const { effect, sentence, find, path } of rows) {
        expect(sentence, path).toMatch(/^[A-Z].*[.]$/);
        expect(find !== undefined, path).toBe(effect !== "kept");
      }
    });

    test("is the table in the README; UPDATE_DOCS=1 rewrites it", async () => {
      const path = join(folder, "README.md");
      const readme = await readFile(path, "utf8");
      const [before, , after] = readme.split(/(?<=<!-- support -->\n)|(?=<!-- \/support -->)/);
      expect(after, "the README keeps its closing mark").toBeDefined();
      const expected = `${before}${tableOf(rows)}${after}`;
      if (process.env["UPDATE_DOCS"] === "1") await writeFile(path, expected);
      else expect(readme).toBe(expected);
    });
  });
}

/** The rows as a Markdown table: one line where init containers and main ones are treated alike. */
function tableOf(rows: readonly Row[]): string {
  const lines = new Map<string, { path: string; effect: string; where: string; sentence: string }>();
  const keyOf = (row: Row, path: string): string => [path, row.effect, row.on?.in, row.sentence].join("\n");
  for (const row of rows) {
    const main = row.path.replace(/^spec\.initContainers\[\]/, "spec.containers[]");
    const twin = lines.get(keyOf(row, main));
    const line = { path: row.path, effect: row.effect, where: row.on?.in ?? "everywhere", sentence: row.sentence };
    if (twin !== undefined && main !== row.path)
      twin.path = main.replace("containers[]", "{containers,initContainers}[]");
    else lines.set(keyOf(row, row.path), line);
  }
  const body = [...lines.values()]
    .toSorted((a, b) => (a.path < b.path ? -1 : Number(a.path > b.path)))
    .map(({ path, effect, where, sentence }) => `| \`${path}\` | ${effect} | ${where} | ${sentence} |`);
  return ["| Field | Here | Where | What happens |", "| --- | --- | --- | --- |", ...body, ""].join("\n");
}

interface Described {
  readonly attributeTypeMap?: readonly { readonly baseName: string; readonly type: string }[];
}

const typesOf = kubernetes as unknown as Readonly<Record<string, Described | undefined>>;

/** The fields of a type of the API, by name, with the type of each. */
function fieldsOfType(type: string): ReadonlyMap<string, string> {
  const bare = type.replace(/^Array<(.*)>$/, "$1");
  return new Map((typesOf[bare]?.attributeTypeMap ?? []).map((attribute) => [attribute.baseName, attribute.type]));
}

/** Fields of the type that no row speaks of. */
function withoutRow(type: string, known: Fields, at: string): string[] {
  if (known.size === 0) return [];
  return [...fieldsOfType(type)].flatMap(([name, inner]) => {
    const below = known.get(name);
    return below === undefined ? [`${at}.${name}`] : withoutRow(inner, below, `${at}.${name}`);
  });
}

/** Rows about fields that the type does not have. */
function withoutField(type: string, known: Fields, at: string): string[] {
  return [...known].flatMap(([name, below]) => {
    const inner = fieldsOfType(type).get(name);
    return inner === undefined ? [`${at}.${name}`] : withoutField(inner, below, `${at}.${name}`);
  });
}
