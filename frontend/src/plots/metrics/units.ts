/** The unit in which an axis counts: one, but for values so large or small that arithmetic with them would overflow or stand still. */

import { formatValue } from '../series';
import type { Range } from './ranges';

const LARGE = 1e20;
const SMALL = 1e-12;
/** A smaller unit has no inverse. */
const LEAST = 1e-300;

/** Beyond these uPlot finds no marks on a logarithmic axis, and no whole decades. */
const LEAST_MARKED = 1e-15;
const MOST_MARKED = 1e30;

/** A power of ten, such that a range has marks an axis can count in it. A logarithmic axis needs none, see `isFar`. */
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

/** Whether a logarithmic axis needs the marks of `decadesIn`. */
export function isFar([low, high]: Range): boolean {
  return low < LEAST_MARKED || high > MOST_MARKED;
}

/** A range above zero from a power of ten to another, where numbers reach so far. */
export function wholeDecades([low, high]: Range): Range {
  const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const more = first === last ? 1 : 0;
  return [powerOfTen(first - more) || low, Math.min(Number.MAX_VALUE, powerOfTen(last + more))];
}

/** As it is written: `10 ** -24` is a little more. */
const powerOfTen = (exponent: number): number => Number(`1e${exponent}`);

/** Powers of ten within a range, evenly, and no more than `most`. */
export function decadesIn([low, high]: Range, most: number): number[] {
  const [first, last] = [Math.ceil(Math.log10(low)), Math.floor(Math.log10(high))];
  const step = Math.max(1, Math.ceil((last - first) / Math.max(1, most - 1)));
  const out: number[] = [];
  for (let exponent = first; exponent <= last; exponent += step) out.push(powerOfTen(exponent));
  return out;
}
