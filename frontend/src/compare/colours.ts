/**
 * Colours of the envs of one comparison. Each env has its own everywhere; where two have the same, lines of one colour could not be told
 * apart, so one gives way: a chosen colour stays, and among the others that of the older env. The order in which the envs
 * were picked plays no part, so adding a younger env changes nobody's colour. What an env has on a page it keeps there, also when the
 * page is loaded anew, whoever comes or goes, unless its colour is chosen for another.
 */

import { colourOfName, COLOURS } from '../lib/envColour';

export interface Coloured {
  readonly id: number;
  /** `workspace/name`. */
  readonly name: string;
  /** What was chosen for the env, if anything was. */
  readonly colour?: number | null;
}

/** Which of the ten data colours each env has, by its name: 0 to 9. `held`: what those had that were here before, and had none chosen. */
export function comparedColours(
  envs: readonly Coloured[],
  held: ReadonlyMap<string, number> = new Map(),
): Map<string, number> {
  const counts = new Array<number>(COLOURS).fill(0);
  const found = new Map<string, number>();
  const take = (name: string, colour: number) => {
    counts[colour]! += 1;
    found.set(name, colour);
  };
  for (const { name, colour } of envs) if (colour != null) take(name, colour % COLOURS);
  const others = envs.filter(({ colour }) => colour == null).sort((a, b) => a.id - b.id);
  // The more envs than colours there are, the more of them share one; all colours are used as often.
  const most = Math.ceil(envs.length / COLOURS);
  for (const { name } of others) {
    const colour = held.get(name);
    if (colour !== undefined && counts[colour]! < most) take(name, colour);
  }
  for (const { name } of others) {
    if (found.has(name)) continue;
    const least = Math.min(...counts);
    let index = colourOfName(name);
    while (counts[index]! > least) index = (index + 1) % COLOURS;
    take(name, index);
  }
  return found;
}
