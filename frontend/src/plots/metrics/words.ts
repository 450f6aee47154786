/** Places along x in words: steps, spans of time, times of day, values of another metric. */

import { formatValue } from '../series';
import { metricOf, type XAxis } from './settings';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Steps between marks on an axis of time in seconds. */
export const TIME_STEPS_S: number[] = [
  ...[0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30],
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].map((n) => n * DAY),
];

/** A span of time, at most two units of it: `1 h 5 min`. */
export function formatSpan(seconds: number): string {
  const sign = seconds < 0 ? '-' : '';
  const size = Math.abs(seconds);
  if (size < MINUTE) return `${sign}${formatValue(Number(size.toPrecision(4)))} s`;
  const [unit, name, lower, lowerName] =
    size < HOUR
      ? ([MINUTE, 'min', 1, 's'] as const)
      : size < DAY
        ? ([HOUR, 'h', MINUTE, 'min'] as const)
        : ([DAY, 'd', HOUR, 'h'] as const);
  const parts = Math.round(size / lower);
  const [whole, rest] = [Math.floor((parts * lower) / unit), Math.round((parts * lower) % unit) / lower];
  return `${sign}${whole} ${name}${rest > 0 ? ` ${rest} ${lowerName}` : ''}`;
}

export function sayX(at: number, x: XAxis, dates: boolean): string {
  if (dates) return new Date(at).toLocaleString();
  if (x === 'relative') return `after ${formatSpan(at)}`;
  const metric = metricOf(x);
  return metric === null ? `step ${formatValue(at)}` : `${metric} ${formatValue(at)}`;
}

export function axisValues(_: unknown, splits: (number | null)[]): string[] {
  return splits.map((value) => (value === null ? '' : formatValue(Number(value.toPrecision(12)))));
}

export function spanSplits(_: unknown, splits: (number | null)[]): string[] {
  return splits.map((value) => (value === null ? '' : value === 0 ? '0' : formatSpan(value)));
}
