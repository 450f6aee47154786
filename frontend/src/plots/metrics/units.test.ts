import { describe, expect, it } from 'vitest';

import { decadesIn, isFar, marksIn, rangeIn, unitOf, wholeDecades } from './units';

describe('the unit of an axis', () => {
  it('is one for what most metrics are', () => {
    for (const range of [null, [0, 1], [-3e15, 2], [1e-9, 2e-9], [0, 0]] as const)
      expect(unitOf(range, false)).toBe(1);
    expect(unitOf([1, 1e300], true)).toBe(1);
  });

  it('is a power of ten near values that are very large or very small', () => {
    expect(unitOf([1e300, 2.5e300], false)).toBeCloseTo(1e300, -290);
    expect(unitOf([-1.7e308, 1.7e308], false) / 1e308).toBeCloseTo(1);
    expect(unitOf([0, 5e-299], false) / 1e-299).toBeCloseTo(1);
    expect(unitOf([5e-324, 5e-324], false)).toBe(1e-300);
  });

  it('makes ranges that can be drawn', () => {
    expect(rangeIn(1, [1e-13, 1])).toEqual([1e-13, 1]);
    expect(rangeIn(10, [-20, 5])).toEqual([-2, 0.5]);
    expect(rangeIn(1e-300, [5e-324, 5e-324])).toEqual([0, 0]);
    expect(rangeIn(1, null)).toBeNull();
  });

  it('is in what stands beside the marks', () => {
    expect(marksIn(1, [0, 0.1 + 0.2, null])).toEqual(['0', '0.3', '']);
    expect(marksIn(1e300, [0, 1.5])).toEqual(['0', '1.500e300']);
    expect(marksIn(1e308, [1, 2])).toEqual(['1.000e308', '']);
  });
});

describe('decades of a logarithmic axis', () => {
  it('are found where uPlot finds none', () => {
    expect(isFar([1e-3, 1e6])).toBe(false);
    expect(isFar([1, 1e40])).toBe(true);
    expect(wholeDecades([3e-40, 5e40])).toEqual([1e-40, 1e41]);
    expect(decadesIn([1e-40, 1e40], 5)).toEqual([1e-40, 1e-20, 1, 1e20, 1e40]);
  });

  it('end where numbers do', () => {
    expect(wholeDecades([5e-324, 1.7e308])).toEqual([5e-324, Number.MAX_VALUE]);
    expect(wholeDecades([1e40, 1e40])).toEqual([1e39, 1e41]);
    const marks = decadesIn([5e-324, Number.MAX_VALUE], 6);
    expect(marks.length).toBeGreaterThan(3);
    expect(marks.length).toBeLessThanOrEqual(6);
    expect(marks.every((mark) => mark > 0 && Number.isFinite(mark))).toBe(true);
  });
});
