import { createHash } from "node:crypto";
import { labels, type TaskTemplate } from "../request.ts";

/** Names a definition by its own content: the same content has the same family, whatever the order of its keys. Pure. */
export function templateOf(content: TaskTemplate["content"]): TaskTemplate {
  const hash = createHash("sha256").update(canonical(content)).digest("hex").slice(0, 32);
  const [first, ...others] = content.containerDefinitions ?? [];
  const marked = { ...first, dockerLabels: { ...first?.dockerLabels, [labels.template]: hash } };
  return { family: `bl-${hash}`, content: { ...content, containerDefinitions: [marked, ...others] } };
}

/** JSON with sorted keys, without those that are undefined. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
