/** The lines of a metric pane as they are drawn, whatever they were made of: a trace as it is, its smoothed course, the mean of a group. */

import type { TraceData } from '../../live/types';

export type Numbers = ArrayLike<number>;

/** Points in order of x; a y that is not finite is a gap. */
export interface Points {
  readonly x: Numbers;
  readonly y: Numbers;
}

/** From the lowest to the highest value at each x. */
export interface Band {
  readonly x: Numbers;
  readonly low: Numbers;
  readonly high: Numbers;
}

export interface Curve extends Points {
  /** Stays while the line is the same: the trace's id, or another number of its own below zero. */
  readonly id: number;
  readonly label: string;
  readonly colour: string;
  /** What values are read off where the line itself is drawn from something else: the points that are there. */
  readonly points: Points;
  readonly band: Band | null;
  /** The line before it was smoothed. */
  readonly behind: Points | null;
  readonly dash: readonly number[];
  /** Whether x never falls. */
  readonly rises: boolean;
}

/** Where a number would go in numbers that rise: before all that are not smaller. */
export function placeOf(sorted: Numbers, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The place of the point nearest to x that has a value, or -1; of two as near, the earlier. */
export function nearest({ x, y }: Points, at: number): number {
  const place = placeOf(x, at);
  let before = place - 1;
  let after = place;
  while (before >= 0 && !Number.isFinite(y[before])) before--;
  while (after < x.length && !Number.isFinite(y[after])) after++;
  if (before < 0) return after < x.length ? after : -1;
  if (after >= x.length) return before;
  return at - x[before]! <= x[after]! - at ? before : after;
}

/** The value of the last point that has one at or before x, or null. */
export function valueUntil({ x, y }: Points, at: number): number | null {
  let place = placeOf(x, at);
  if (place === x.length || x[place]! > at) place--;
  while (place >= 0 && !Number.isFinite(y[place])) place--;
  return place < 0 ? null : y[place]!;
}

/** x and y of what the page holds of a trace; null where there are no numbers. */
export function pointsOf(data: TraceData): Points | null {
  if (data.kind === 'none') return null;
  const x = data.kind === 'thinned' ? data.x : data.columns['x'];
  const y = data.kind === 'thinned' ? data.y : data.columns['y'];
  if (x instanceof Float64Array && y instanceof Float64Array) return { x, y };
  if (!x || !y) return data.length === 0 ? NOTHING : null;
  return { x: numbers(x), y: numbers(y) };
}

export const NOTHING: Points = { x: [], y: [] };

/** Points in order of x, without those that have none. */
export function inOrder(points: Points): { points: Points; wasInOrder: boolean } {
  const { x, y } = points;
  let rises = true;
  for (let i = 0; i < x.length && rises; i++) rises = i === 0 ? Number.isFinite(x[0]) : x[i]! >= x[i - 1]!;
  if (rises && (x.length === 0 || Number.isFinite(x[x.length - 1]))) return { points, wasInOrder: true };
  const places = Array.from({ length: x.length }, (_, i) => i).filter((i) => Number.isFinite(x[i]));
  let falls = false;
  for (let i = 1; i < places.length && !falls; i++) falls = x[places[i]!]! < x[places[i - 1]!]!;
  if (falls) places.sort((a, b) => x[a]! - x[b]! || a - b);
  return {
    points: { x: Float64Array.from(places, (i) => x[i]!), y: Float64Array.from(places, (i) => y[i]!) },
    wasInOrder: !falls,
  };
}

export interface Enveloped {
  middle: { x: Float64Array; y: Float64Array };
  band: { x: Float64Array; low: Float64Array; high: Float64Array };
}

/**
 * A thinned line as its band and the middle of it: of each bucket the lowest and the highest value, where the bucket's first chosen point
 * lies. The last point of the line stands as it is, so that the line ends where the data does. Gaps between buckets stay.
 *
 * @param pos positions of the chosen points, of which each bucket has one to three.
 */
export function envelope({ x, y }: Points, pos: Numbers, bucket: number): Enveloped {
  const xs: number[] = [];
  const lows: number[] = [];
  const highs: number[] = [];
  const gap = (at: number): void => {
    if (lows.length === 0 || Number.isNaN(lows[lows.length - 1])) return;
    xs.push(at);
    lows.push(Number.NaN);
    highs.push(Number.NaN);
  };
  let i = 0;
  while (i < pos.length) {
    const number = Math.floor(pos[i]! / bucket);
    let low = Infinity;
    let high = -Infinity;
    let at = x[i]!;
    let isBroken = false;
    let isFirst = true;
    for (; i < pos.length && Math.floor(pos[i]! / bucket) === number; i++) {
      const value = y[i]!;
      if (!Number.isFinite(value)) {
        if (low > high) gap(x[i]!);
        else isBroken = true;
        continue;
      }
      if (isFirst) at = x[i]!;
      isFirst = false;
      isBroken = false;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    if (low > high) continue;
    xs.push(at);
    lows.push(low);
    highs.push(high);
    if (isBroken) gap(at);
  }
  const band = { x: Float64Array.from(xs), low: Float64Array.from(lows), high: Float64Array.from(highs) };
  const end = x.length - 1;
  const ends = end >= 0 && Number.isFinite(y[end]);
  const middle = {
    x: new Float64Array(xs.length + (ends ? 1 : 0)),
    y: new Float64Array(xs.length + (ends ? 1 : 0)),
  };
  middle.x.set(band.x);
  for (let k = 0; k < xs.length; k++) middle.y[k] = (lows[k]! + highs[k]!) / 2;
  if (ends) {
    middle.x[xs.length] = x[end]!;
    middle.y[xs.length] = y[end]!;
  }
  return { middle, band };
}

function numbers(column: Float64Array | readonly unknown[]): Float64Array {
  if (column instanceof Float64Array) return column;
  return Float64Array.from(column, (value) => (typeof value === 'number' ? value : Number.NaN));
}
