/** How far the axes of a metric pane reach. */

import { placeOf, type Curve, type Numbers } from './curves';

export type Range = readonly [number, number];

/** From the smallest to the largest x; only above zero on a logarithmic axis. Null where there is none. */
export function rangeOfX(curves: readonly Curve[], isLog: boolean): Range | null {
  let low = Infinity;
  let high = -Infinity;
  const take = (value: number): void => {
    if (!Number.isFinite(value) || (isLog && value <= 0)) return;
    low = Math.min(low, value);
    high = Math.max(high, value);
  };
  for (const { x, rises, band, points } of curves) {
    const xs = x.length > 0 ? x : (band?.x ?? points.x);
    if (rises && xs.length > 0) {
      take(xs[isLog ? Math.min(placeOf(xs, Number.MIN_VALUE), xs.length - 1) : 0]!);
      take(xs[xs.length - 1]!);
    } else for (let i = 0; i < xs.length; i++) take(xs[i]!);
  }
  return low <= high ? [low, high] : null;
}

/** Of how many values beyond the quantiles there are so many as between them: what is further off is far off. */
const FENCE = 0.5;
const QUANTILE = 0.05;
/** Fewer values than this have no outliers. */
const LEAST = 20;

export interface Reach {
  range: Range | null;
  /** Points that lie outside, because they are far off. */
  left: number;
}

/**
 * From the lowest to the highest value within a range of x.
 *
 * Outliers are values further from the middle nine tenths of all values than half of what these span (on a logarithmic axis: in powers
 * of ten).
 */
export function reachOfY(
  curves: readonly Curve[],
  view: Range | null,
  { isLog, leavesOutliers }: { isLog: boolean; leavesOutliers: boolean },
): Reach {
  let low = Infinity;
  let high = -Infinity;
  const all: number[] = [];
  const scan = (x: Numbers, values: Numbers, rises: boolean): void => {
    const from = view && rises ? placeOf(x, view[0]) : 0;
    const to = view && rises ? upTo(x, view[1]) : x.length;
    for (let i = from; i < to; i++) {
      const value = values[i]!;
      if (!Number.isFinite(value) || (isLog && value <= 0)) continue;
      if (view && !rises && !(x[i]! >= view[0] && x[i]! <= view[1])) continue;
      if (value < low) low = value;
      if (value > high) high = value;
      if (leavesOutliers) all.push(isLog ? Math.log10(value) : value);
    }
  };
  for (const { x, y, band, behind, rises } of curves) {
    if (band) {
      scan(band.x, band.low, rises);
      scan(band.x, band.high, rises);
    }
    if (behind) scan(behind.x, behind.y, rises);
    scan(x, y, rises);
  }
  if (low > high) return { range: null, left: 0 };
  if (!leavesOutliers || all.length < LEAST) return { range: [low, high], left: 0 };
  const sorted = Float64Array.from(all).sort();
  const [lower, upper] = [QUANTILE, 1 - QUANTILE].map(
    (q) => sorted[Math.round(q * (sorted.length - 1))]!,
  ) as [number, number];
  const fence = FENCE * (upper - lower);
  const from = placeOf(sorted, lower - fence);
  const to = upTo(sorted, upper + fence);
  const [bottom, top] = [sorted[from]!, sorted[to - 1]!];
  const range: Range = isLog ? [10 ** bottom, 10 ** top] : [bottom, top];
  return { range, left: sorted.length - (to - from) };
}

/** The place after the last number that is not larger than a value. */
export function upTo(sorted: Numbers, value: number): number {
  let place = placeOf(sorted, value);
  while (place < sorted.length && sorted[place] === value) place++;
  return place;
}
