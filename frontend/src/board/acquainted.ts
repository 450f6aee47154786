/**
 * Which panes of a long wall are drawn whole. What comes near the screen is, and stays: a zoom or a place in a text is worth keeping. Only
 * when there are very many do those go that are far away.
 */

/** Screens away from the screen. */
const NEAR = 1;
const FAR = 3;
const MANY = 80;

/**
 * @param met ids of the panes that are drawn whole now
 * @param distances how many screens each pane of the wall is away, 0 for those on it
 * @param most how many may join at once, the nearest first
 * @returns ids of the panes to draw whole from now on; the same set if nothing changed
 */
export function acquainted(
  met: ReadonlySet<number>,
  distances: ReadonlyMap<number, number>,
  most = Infinity,
): ReadonlySet<number> {
  const next = new Set<number>();
  for (const id of met) if (distances.has(id)) next.add(id);
  const strangers = [...distances].filter(([id, distance]) => distance < NEAR && !next.has(id));
  strangers.sort(([, a], [, b]) => a - b);
  for (const [id] of strangers.slice(0, most)) next.add(id);
  if (next.size > MANY) {
    const far = [...next].filter((id) => distances.get(id)! > FAR);
    far.sort((a, b) => distances.get(b)! - distances.get(a)!);
    for (const id of far.slice(0, next.size - MANY)) next.delete(id);
  }
  return next.size === met.size && [...next].every((id) => met.has(id)) ? met : next;
}
