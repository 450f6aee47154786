/** The unit in which an axis counts: one, but for values so large or small that arithmetic with them would overflow or stand still. */

import { formatValue } from '../series';
import type { Range } from './ranges';

const LARGE = 1e20;
const SMALL = 1e-12;
/** A smaller unit has no inverse. */
const LEAST = 1e-300;

/** A power of ten, such that a range has marks an axis can count in it. A logarithmic axis needs none. */
export function unitOf(range: Range | null, isLog: boolean): number {
  const size = range ? Math.max(Math.abs(range[0]), Math.abs(range[1])) : 0;
  if (isLog || size === 0 || (size >= SMALL && size < LARGE)) return 1;
  return Math.max(LEAST, 10 ** Math.floor(Math.log10(size)));
}

/** A range in a unit. What no unit reaches is nothing. */
export function rangeIn(unit: number, range: Range | null): Range | null {
  if (range === null || unit === 1) return range;
  const [low, high] = range.map((value) => (Math.abs(value / unit) < SMALL ? 0 : value / unit));
  return [low!, high!];
}

/** What stands beside the marks of an axis that counts in a unit. */
export function marksIn(unit: number, splits: readonly (number | null)[]): string[] {
  return splits.map((split) => {
    const value = split === null ? NaN : Number((split * unit).toPrecision(12));
    return Number.isFinite(value) ? formatValue(value) : '';
  });
}
