import { z } from "zod";
import { ApiError } from "../server/service.ts";

/** Members of every list operation. */
export const paged = z.object({
  maxResults: z.int().min(1).max(100).default(100),
  nextToken: z.string().optional(),
});

/**
 * One page of those in a list that `keep` picks, in the list's order. A token names the last item told: whatever has
 * changed meanwhile, the next page goes on after it. When it is no longer in the list, the token is wrong.
 */
export function page<Item>(
  all: readonly Item[],
  { maxResults, nextToken }: z.output<typeof paged>,
  { nameOf, keep }: { readonly nameOf: (item: Item) => string; readonly keep: (item: Item) => boolean },
): { readonly items: readonly Item[]; readonly nextToken: string | undefined } {
  const after = nextToken === undefined ? undefined : Buffer.from(nextToken, "base64url").toString("utf8");
  const start = after === undefined ? 0 : all.findIndex((item) => nameOf(item) === after) + 1;
  if (after !== undefined && start === 0) throw new ApiError("InvalidParameterException", "Invalid token in request");
  const rest = all.slice(start).filter(keep);
  const items = rest.slice(0, maxResults);
  const last = items.at(-1);
  const more = last !== undefined && rest.length > items.length;
  return { items, nextToken: more ? Buffer.from(nameOf(last)).toString("base64url") : undefined };
}
