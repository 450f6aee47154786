/**
 * Finds by what a person types: every word must occur; better are matches at the beginning, then at the beginning of a word, then
 * anywhere. No letters are skipped, so that what is found can always be seen to match.
 */

const WORD_START = /[\s_\-/.:]/;

/** Lower is better; null when some word does not occur. */
export function score(text: string, query: string): number | null {
  const hay = text.toLowerCase();
  let total = 0;
  for (const word of query.toLowerCase().split(/\s+/).filter(Boolean)) {
    const at = hay.indexOf(word);
    if (at < 0) return null;
    if (at === 0) total += 0;
    else if (WORD_START.test(hay[at - 1] ?? '')) total += 1;
    else total += 2;
  }
  return total;
}

/** Those that match, best first; equals stay in the order they came. An empty query keeps all. */
export function search<T>(items: readonly T[], query: string, text: (item: T) => string): T[] {
  if (!query.trim()) return [...items];
  return items
    .map((item, order) => ({ item, order, rank: score(text(item), query) }))
    .filter((found): found is typeof found & { rank: number } => found.rank !== null)
    .sort((a, b) => a.rank - b.rank || a.order - b.order)
    .map((found) => found.item);
}
