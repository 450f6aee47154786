import { describe, expect, it } from 'vitest';

import type { Curve } from './curves';
import { rangeOfX, reachOfY, upTo } from './ranges';

function curve(x: number[], y: number[], more: Partial<Curve> = {}): Curve {
  const points = { x, y };
  return {
    id: 1,
    label: '',
    colour: '',
    dash: [],
    ...points,
    points,
    band: null,
    behind: null,
    rises: true,
    ...more,
  };
}

const linear = { isLog: false, leavesOutliers: false };

describe('the range of x', () => {
  it('spans all lines, on a logarithmic axis those above zero', () => {
    const curves = [curve([0, 5, 9], [1, 1, 1]), curve([-3, 2, 7], [1, 1, 1])];
    expect(rangeOfX(curves, false)).toEqual([-3, 9]);
    expect(rangeOfX(curves, true)).toEqual([2, 9]);
    expect(rangeOfX([curve([4, 1, 3], [1, 1, 1], { rises: false })], false)).toEqual([1, 4]);
  });

  it('is none without points', () => {
    expect(rangeOfX([], false)).toBeNull();
    expect(rangeOfX([curve([], [])], false)).toBeNull();
    expect(rangeOfX([curve([-2, 0], [1, 1])], true)).toBeNull();
  });
});

describe('the range of y', () => {
  it('spans what is in view, bands and what was smoothed included', () => {
    const x = [0, 1, 2, 3];
    const curves = [
      curve(x, [1, 2, 3, 100]),
      curve(x, [2, 2, 2, 2], { band: { x, low: [-5, 0, 0, 0], high: [2, 2, 7, 2] } }),
      curve(x, [2, 2, 2, 2], { behind: { x, y: [2, 2, 8, 2] } }),
    ];
    expect(reachOfY(curves, null, linear).range).toEqual([-5, 100]);
    expect(reachOfY(curves, [1, 2], linear).range).toEqual([0, 8]);
  });

  it('leaves out what is no number, and on a logarithmic axis what is not above zero', () => {
    const line = curve([0, 1, 2, 3], [NaN, -1, 5, 7]);
    expect(reachOfY([line], null, linear).range).toEqual([-1, 7]);
    expect(reachOfY([line], null, { ...linear, isLog: true }).range).toEqual([5, 7]);
    expect(reachOfY([curve([0], [-1])], null, { ...linear, isLog: true }).range).toBeNull();
  });

  it('can do without outliers, and counts them', () => {
    const x = Array.from({ length: 100 }, (_, i) => i);
    const calm = x.map((i) => Math.sin(i));
    const wild = calm.map((y, i) => (i === 3 ? 1e6 : i === 7 ? -900 : y));
    const { range, left } = reachOfY([curve(x, wild)], null, { isLog: false, leavesOutliers: true });
    expect(left).toBe(2);
    expect(range![0]).toBeGreaterThanOrEqual(-1);
    expect(range![1]).toBeLessThanOrEqual(1);
  });

  it('calls nothing an outlier of what grows evenly, by sums or by factors, nor of a few points', () => {
    const x = Array.from({ length: 100 }, (_, i) => i);
    const left = (y: number[], isLog: boolean) =>
      reachOfY([curve(x.slice(0, y.length), y)], null, { isLog, leavesOutliers: true }).left;
    expect(left(x, false)).toBe(0);
    expect(
      left(
        x.map((i) => 10 ** (i / 10)),
        true,
      ),
    ).toBe(0);
    expect(left([1, 1, 1, 1, 1e9], false)).toBe(0);
    expect(
      left(
        x.map(() => 4),
        false,
      ),
    ).toBe(0);
  });
});

it('A number goes after all that are not larger', () => {
  expect([0, 2, 9].map((value) => upTo([1, 2, 2, 4], value))).toEqual([0, 3, 4]);
});
