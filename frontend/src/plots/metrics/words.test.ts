import { describe, expect, it } from 'vitest';

import { rowsAt } from './table';
import type { Curve } from './curves';
import { formatSpan, sayX } from './words';

describe('a span of time', () => {
  it('is said in at most two units', () => {
    expect([0, 0.25, 59, 60, 398, 3600, 3660, 86_399, 86_400, 120_000, 1e7, -90].map(formatSpan)).toEqual([
      '0 s',
      '0.25 s',
      '59 s',
      '1 min',
      '6 min 38 s',
      '1 h',
      '1 h 1 min',
      '24 h',
      '1 d',
      '1 d 9 h',
      '115 d 18 h',
      '-1 min 30 s',
    ]);
  });
});

it('A place along x is said by what lies there', () => {
  expect(sayX(12, 'step', false)).toBe('step 12');
  expect(sayX(60, 'relative', false)).toBe('after 1 min');
  expect(sayX(0.5, 'metric:lr', false)).toBe('lr 0.5');
});

describe('the table at the cursor', () => {
  const line = (label: string, x: number[], y: number[], more: Partial<Curve> = {}): Curve => ({
    id: 0,
    label,
    colour: '',
    dash: [],
    x,
    y,
    points: { x, y },
    band: null,
    behind: null,
    rises: true,
    ...more,
  });
  const at = { tolerance: 1, value: 0, isLog: false };

  it('has the nearest values, the highest first, and none beyond the end of a line', () => {
    const curves = [line('a', [0, 10], [1, 2]), line('b', [0, 10], [5, 6]), line('ended', [0, 3], [9, 9])];
    const { rows, more } = rowsAt({ ...at, curves, at: 9 });
    expect(rows.map(({ curve, value }) => [curve.label, value])).toEqual([
      ['b', 6],
      ['a', 2],
    ]);
    expect(more).toBe(0);
  });

  it('names those nearest to the cursor where there are many', () => {
    const curves = Array.from({ length: 100 }, (_, i) => line(`run ${i}`, [0, 1], [i, i]));
    const { rows, more } = rowsAt({ ...at, curves, at: 0, value: 50.2 });
    expect(rows.map(({ value }) => value)).toEqual([57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46, 45, 44]);
    expect(more).toBe(86);
  });

  it('says the band, or what was there before smoothing', () => {
    const x = [0, 1];
    const band = { x, low: [1, 2], high: [3, 4] };
    const curves = [line('a', x, [2, 3], { band }), line('b', x, [2, 2.5], { behind: { x, y: [2, 9] } })];
    expect(rowsAt({ ...at, curves, at: 1 }).rows.map(({ aside }) => aside)).toEqual(['2 to 4', '(9)']);
  });
});
