/**
 * Colours of the envs of one comparison. Each env has its own everywhere; where two of a comparison have the same, the later one
 * takes the next that is free there, for lines of one colour could not be told apart.
 */

import { envColourIndex } from '../lib/envColour';

const COLOURS = 10;

/** For each env (`workspace/name`), in order, which of the ten data colours it has: 0 to 9. */
export function comparedColours(names: readonly string[]): number[] {
  const taken = new Set<number>();
  return names.map((name) => {
    const own = envColourIndex(name);
    if (taken.size === COLOURS) return own;
    let index = own;
    while (taken.has(index)) index = (index + 1) % COLOURS;
    taken.add(index);
    return index;
  });
}

/** The colour as style sheets take it. */
export function cssColour(index: number): string {
  return `var(--data-${index + 1})`;
}
