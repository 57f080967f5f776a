/** The word that was probably meant, or `undefined` when none is near: at most three slips, fewer in a short word. */
export function nearest(word: string, words: Iterable<string>): string | undefined {
  let best: { word: string; slips: number } | undefined;
  for (const candidate of words) {
    const slips = distance(word.toLowerCase(), candidate.toLowerCase());
    if (slips <= Math.min(3, Math.floor(candidate.length / 3)) && slips < (best?.slips ?? Infinity))
      best = { word: candidate, slips };
  }
  return best?.word;
}

/** Of Damerau and Levenshtein: letters put in, left out, exchanged, or swapped with their neighbour. */
function distance(a: string, b: string): number {
  let [before, last]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, place) => place)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const exchanged = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (before[j - 2] ?? 0) + 1 : Infinity;
      row.push(Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, exchanged, swapped));
    }
    [before, last] = [last, row];
  }
  return last[b.length] ?? 0;
}
