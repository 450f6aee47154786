import { describe, expect, it } from 'vitest';

import { interpolate, together } from './groups';

const line = (x: number[], y: number[]) => ({ x, y, band: null });

describe('a line between its points', () => {
  it('is straight, and ends where it ends', () => {
    expect([...interpolate([2, 4], [10, 20], [1, 2, 3, 4, 5])]).toEqual([NaN, 10, 15, 20, NaN]);
  });

  it('has no values over a gap', () => {
    expect([...interpolate([0, 1, 2, 3], [0, NaN, 2, 3], [0, 0.5, 1, 1.5, 2, 2.5])]).toEqual([
      0,
      NaN,
      NaN,
      NaN,
      2,
      2.5,
    ]);
    expect([...interpolate([], [], [1])]).toEqual([NaN]);
  });
});

describe('the lines of a group', () => {
  it('are a mean and a band at every x of any, each line counted where it reaches', () => {
    const { mean, band, isResampled } = together([line([0, 2, 4], [0, 2, 4]), line([1, 2], [5, 6])]);
    expect([...mean.x]).toEqual([0, 1, 2, 4]);
    expect([...mean.y]).toEqual([0, 3, 4, 4]);
    expect([...band.low]).toEqual([0, 1, 2, 4]);
    expect([...band.high]).toEqual([0, 5, 6, 4]);
    expect(isResampled).toBe(false);
  });

  it('reach as far as their lowest and highest points, where lines are thinned', () => {
    const x = [0, 10];
    const { mean, band } = together([{ x, y: [1, 1], band: { x, low: [0, 0.5], high: [3, 1.5] } }]);
    expect([[...mean.y], [...band.low], [...band.high]]).toEqual([
      [1, 1],
      [0, 0.5],
      [3, 1.5],
    ]);
  });

  it('are looked at in evenly spaced places when they have too many of their own', () => {
    const many = Array.from({ length: 5000 }, (_, i) => i / 3);
    const { mean, isResampled } = together([line(many, many)]);
    expect(isResampled).toBe(true);
    expect(mean.x).toHaveLength(2048);
    expect(mean.y[1000]).toBeCloseTo(mean.x[1000]!, 9);
    expect([mean.x[0], mean.x[2047]]).toEqual([0, 4999 / 3]);
  });

  it('may be none', () => {
    expect(together([]).mean.x).toHaveLength(0);
    expect(together([line([], [])]).mean.x).toHaveLength(0);
  });
});
