/** What was heard of a run and its log has lost. Pure. */

/**
 * Lines that were heard, without those that were read since then. Both outputs of a container may come in another order by
 * one way than by the other, so that each line that was read takes one of the same text away; and of a line that was heard from
 * its middle on, what was heard is the end.
 */
export function unread<Line extends { readonly text: string }>(
  heard: readonly Line[],
  read: readonly string[],
): readonly Line[] {
  const counts = new Map<string, number>();
  for (const text of read) counts.set(text, (counts.get(text) ?? 0) + 1);
  return heard.filter(({ text }, index) => {
    const count = counts.get(text) ?? 0;
    if (count > 0) counts.set(text, count - 1);
    const isRead = count > 0 || (index === 0 && read.some((whole) => whole.endsWith(text)));
    return !isRead;
  });
}
