/**
 * Many lines as one: at each x the mean, the lowest and the highest of those that reach there. A line counts from its first to its last
 * point only, and between two points lies on the straight line between them; over a gap it does not count.
 */

import { placeOf, type Band, type Numbers, type Points } from './curves';

/** At so many places of x; where the lines have more, at as many evenly spaced ones. */
const MOST_PLACES = 2048;

/** One line of a group: what counts for the mean, and for the band the lowest and highest there is of it. */
export interface Member extends Points {
  band: Band | null;
}

export interface Together {
  mean: { x: Float64Array; y: Float64Array };
  band: { x: Float64Array; low: Float64Array; high: Float64Array };
  /** x are evenly spaced places, not those of the points. */
  isResampled: boolean;
}

export function together(members: readonly Member[]): Together {
  const { x, isResampled } = placesOf(members.map((member) => member.x));
  const sum = new Float64Array(x.length);
  const counts = new Int32Array(x.length);
  const low = new Float64Array(x.length).fill(Infinity);
  const high = new Float64Array(x.length).fill(-Infinity);
  for (const { x: xs, y, band } of members) {
    const mean = interpolate(xs, y, x);
    const least = band ? interpolate(band.x, band.low, x) : mean;
    const most = band ? interpolate(band.x, band.high, x) : mean;
    for (let i = 0; i < x.length; i++) {
      if (Number.isNaN(mean[i])) continue;
      sum[i] = sum[i]! + mean[i]!;
      counts[i] = counts[i]! + 1;
      low[i] = Math.min(low[i]!, mean[i]!, Number.isNaN(least[i]) ? Infinity : least[i]!);
      high[i] = Math.max(high[i]!, mean[i]!, Number.isNaN(most[i]) ? -Infinity : most[i]!);
    }
  }
  for (let i = 0; i < x.length; i++) {
    if (counts[i] === 0) sum[i] = low[i] = high[i] = Number.NaN;
    else sum[i] = sum[i]! / counts[i]!;
  }
  return { mean: { x, y: sum }, band: { x, low, high }, isResampled };
}

/** All x of all lines, in order, each once; or evenly spaced ones in their place. */
function placesOf(lines: readonly Numbers[]): { x: Float64Array; isResampled: boolean } {
  const all = new Set<number>();
  let from = Infinity;
  let to = -Infinity;
  for (const x of lines) {
    if (x.length === 0) continue;
    from = Math.min(from, x[0]!);
    to = Math.max(to, x[x.length - 1]!);
    for (let i = 0; i < x.length && all.size <= MOST_PLACES; i++) all.add(x[i]!);
  }
  if (all.size <= MOST_PLACES) return { x: Float64Array.from(all).sort(), isResampled: false };
  const step = (to - from) / (MOST_PLACES - 1);
  return {
    x: Float64Array.from({ length: MOST_PLACES }, (_, i) => (i === MOST_PLACES - 1 ? to : from + i * step)),
    isResampled: true,
  };
}

/** A line's values at given places in rising order; NaN before its first point, after its last, and where it has a gap. */
export function interpolate(x: Numbers, y: Numbers, places: Numbers): Float64Array {
  const out = new Float64Array(places.length).fill(Number.NaN);
  if (x.length === 0) return out;
  let right = placeOf(x, places[0] ?? 0);
  for (let i = 0; i < places.length; i++) {
    const at = places[i]!;
    while (right < x.length && x[right]! < at) right++;
    if (right === x.length) break;
    if (x[right] === at) out[i] = y[right]!;
    else if (right > 0) {
      const [x0, x1] = [x[right - 1]!, x[right]!];
      const [y0, y1] = [y[right - 1]!, y[right]!];
      out[i] = y0 + ((y1 - y0) * (at - x0)) / (x1 - x0);
    }
    if (!Number.isFinite(out[i])) out[i] = Number.NaN;
  }
  return out;
}
