/** What two pictures of one size differ in, drawn as a third. */

import type { Pixels } from './measures';

/**
 * - `absolute`: in each colour channel how far the two are apart;
 * - `signed`: red where the second is lighter than the first, blue where it is darker, black where they are equally light.
 */
export type How = 'absolute' | 'signed';

type Colour = readonly [number, number, number];

/** From no difference to the largest: lightness alone says how much, hue which way, so that no two are mistaken. */
const LIGHTER: readonly Colour[] = [
  [0, 0, 0],
  [200, 44, 28],
  [255, 226, 170],
];
const DARKER: readonly Colour[] = [
  [0, 0, 0],
  [38, 100, 230],
  [190, 232, 255],
];

/** The colour of a signed difference from -1 (the second is darker) to 1. */
export function heat(difference: number): Colour {
  const scale = difference < 0 ? DARKER : LIGHTER;
  const at = Math.min(1, Math.abs(difference)) * (scale.length - 1);
  const low = Math.min(Math.floor(at), scale.length - 2);
  const [from, to] = [scale[low]!, scale[low + 1]!];
  const part = at - low;
  return [0, 1, 2].map((i) => Math.round(from[i]! + (to[i]! - from[i]!) * part)) as unknown as Colour;
}

/** One colour for each difference of luminance from -255 to 255. */
const HEAT = (() => {
  const table = new Uint8ClampedArray(511 * 3);
  for (let i = 0; i < 511; i += 1) table.set(heat((i - 255) / 255), i * 3);
  return table;
})();

/** Fills `into` with the difference, made `gain` times larger. */
export function difference(a: Pixels, b: Pixels, how: How, gain: number, into: Uint8ClampedArray): void {
  const [p, q] = [a.data, b.data];
  if (how === 'absolute') {
    for (let i = 0; i < into.length; i += 4) {
      into[i] = Math.abs(p[i]! - q[i]!) * gain;
      into[i + 1] = Math.abs(p[i + 1]! - q[i + 1]!) * gain;
      into[i + 2] = Math.abs(p[i + 2]! - q[i + 2]!) * gain;
      into[i + 3] = 255;
    }
    return;
  }
  for (let i = 0; i < into.length; i += 4) {
    const light = 0.299 * (q[i]! - p[i]!) + 0.587 * (q[i + 1]! - p[i + 1]!) + 0.114 * (q[i + 2]! - p[i + 2]!);
    const at = (Math.round(Math.min(255, Math.max(-255, light * gain))) + 255) * 3;
    into[i] = HEAT[at]!;
    into[i + 1] = HEAT[at + 1]!;
    into[i + 2] = HEAT[at + 2]!;
    into[i + 3] = 255;
  }
}
