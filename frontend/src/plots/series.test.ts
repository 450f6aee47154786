import { describe, expect, it } from 'vitest';

import type { TraceState } from '../live/types';
import { align, formatValue } from './series';
import type { Drawable } from './painter';

const drawable = (x: number[], y: number[]): Drawable => ({
  trace: {} as TraceState,
  data: {
    kind: 'whole',
    length: x.length,
    columns: { x: Float64Array.from(x), y: Float64Array.from(y) },
  },
});

describe('lines over one x', () => {
  it('have null for a gap and undefined where they have no point', () => {
    const lines = align([drawable([1, 2, 4], [1, Number.NaN, 3]), drawable([2, 3], [7, Infinity])]);
    expect(lines).toEqual([
      [1, 2, 3, 4],
      [1, null, undefined, 3],
      [undefined, 7, null, undefined],
    ]);
  });

  it('leave out what a logarithm cannot show', () => {
    expect(align([drawable([1, 2, 3], [0, -1, 10])], true)).toEqual([
      [1, 2, 3],
      [null, null, 10],
    ]);
  });

  it('may be none', () => {
    expect(align([])).toEqual([[]]);
    expect(align([{ trace: {} as TraceState, data: { kind: 'none' } }])).toEqual([[], []]);
  });
});

describe('a value', () => {
  it('is written as people read it', () => {
    expect([0.31234567, 12, 1234567, 1.5e-7, 12345678.9, null, -0.5].map(formatValue)).toEqual([
      '0.31235',
      '12',
      '1\u202f234\u202f567',
      '1.500e-7',
      '1.235e7',
      '–',
      '-0.5',
    ]);
  });
});
