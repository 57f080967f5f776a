import type { LocalRow } from "./support/row.ts";

/** The rows as a Markdown table: one line where init containers and main ones are treated alike. */
export function supportTable(rows: readonly LocalRow[]): string {
  const lines = new Map<string, { path: string; effect: string; where: string; sentence: string }>();
  const keyOf = (row: LocalRow, path: string): string => [path, row.effect, row.on?.in, row.sentence].join("\n");
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
