/** Which of the sizes the server keeps of a picture is wanted where: never the full file in a small cell. */

import type { Sample } from '../live/types';

/** The longest sides there are, by name. */
const SIZES = [
  [320, 'w320'],
  [640, 'w640'],
  [1280, 'w1280'],
] as const;
/** A picture may be shown this much larger than it is before the next size is asked for. */
const STRETCH = 1.15;

/** The address of a picture for a place where its longest side takes `needed` device pixels. */
export function pictureUrl(sample: Pick<Sample, 'url' | 'width' | 'height'>, needed: number): string {
  const longest = Math.max(sample.width ?? Infinity, sample.height ?? Infinity);
  for (const [size, name] of SIZES) {
    if (longest <= size) return sample.url;
    if (needed <= size * STRETCH) return `${sample.url}/${name}`;
  }
  return sample.url;
}

/** How many device pixels the longest side of a picture takes at a scale. */
export function neededPixels(size: { width: number; height: number }, scale: number, ratio: number): number {
  return Math.max(size.width, size.height) * scale * ratio;
}
