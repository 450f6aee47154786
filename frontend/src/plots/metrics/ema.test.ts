import { describe, expect, it } from 'vitest';

import { ema } from './ema';

/** The rule written down slowly: each earlier value counts by a power of the weight, and all weights make one. */
function slowly(values: number[], weight: number): number[] {
  return values.map((value, at) => {
    if (!Number.isFinite(value)) return value;
    const before = values
      .slice(0, at + 1)
      .filter(Number.isFinite)
      .reverse();
    const weights = before.map((_, age) => weight ** age);
    const all = weights.reduce((sum, w) => sum + w, 0);
    return before.reduce((sum, v, age) => sum + v * weights[age]!, 0) / all;
  });
}

describe('a debiased moving average', () => {
  it('begins at the first value, not at zero', () => {
    expect([...ema([5, 5, 5, 5], 0.99)].map((value) => Number(value.toFixed(9)))).toEqual([5, 5, 5, 5]);
    expect(ema([3, 9], 0.5)[0]).toBe(3);
  });

  it('weighs each value by its age, at any weight', () => {
    const values = Array.from({ length: 60 }, (_, i) => Math.sin(i / 5) * 10 + (i % 7));
    values[20] = Number.NaN;
    values[21] = Infinity;
    for (const weight of [0, 0.3, 0.9, 0.999]) {
      const found = ema(values, weight);
      slowly(values, weight).forEach((value, i) => {
        if (Number.isFinite(value)) expect(found[i]).toBeCloseTo(value, 8);
        else expect(found[i]).toBe(value);
      });
    }
  });

  it('leaves values as they are without any weight, and gaps as gaps', () => {
    expect([...ema([1, Number.NaN, 4], 0)]).toEqual([1, Number.NaN, 4]);
    expect(ema([], 0.5)).toHaveLength(0);
  });
});
