/** From traces to what uPlot draws: one shared x, and for each trace its y, with null for a gap and undefined where it has no point. */

import type { Drawable } from './painter';

export type Y = (number | null | undefined)[];
export type Aligned = [number[], ...Y[]];

/** x and y of one trace as plain lists; points without a finite x are left out, what cannot be drawn is a gap. */
export function pointsOf({ data }: Drawable, logarithmic: boolean): [number[], Y] {
  const xs: number[] = [];
  const ys: Y = [];
  if (data.kind === 'none') return [xs, ys];
  const x = data.kind === 'thinned' ? data.x : data.columns['x'];
  const y = data.kind === 'thinned' ? data.y : data.columns['y'];
  if (!x || !y) return [xs, ys];
  for (let i = 0; i < data.length; i++) {
    const at = x[i];
    const value = y[i];
    if (typeof at !== 'number' || !Number.isFinite(at)) continue;
    xs.push(at);
    const drawable = typeof value === 'number' && Number.isFinite(value) && (!logarithmic || value > 0);
    ys.push(drawable ? value : null);
  }
  return [xs, ys];
}

/** All traces over one x. */
export function align(traces: readonly Drawable[], logarithmic = false): Aligned {
  const tables = traces.map((trace) => pointsOf(trace, logarithmic));
  if (tables.length === 0) return [[]];
  if (tables.length === 1) return tables[0]!;
  const xs = [...new Set(tables.flatMap(([x]) => x))].sort((a, b) => a - b);
  const place = new Map(xs.map((x, i) => [x, i]));
  const columns = tables.map(([x, y]) => {
    const column: Y = new Array<undefined>(xs.length).fill(undefined);
    x.forEach((at, i) => (column[place.get(at)!] = y[i]));
    return column;
  });
  return [xs, ...columns];
}

const PLAIN = new Intl.NumberFormat('en', { maximumSignificantDigits: 5, useGrouping: false });
const WHOLE = new Intl.NumberFormat('en', { useGrouping: true });

/** A value as people read it: five digits that count, powers of ten where it is very large or small. */
export function formatValue(value: number | null | undefined): string {
  if (value == null) return '–';
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return WHOLE.format(value).replaceAll(',', '\u202f');
  const size = Math.abs(value);
  if (size >= 1e7 || size < 1e-4) return value.toExponential(3).replace('e+', 'e');
  return PLAIN.format(value);
}
