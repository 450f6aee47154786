import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { matched } from './against';

describe('two lines by step', () => {
  it('are the values at the steps that both have', () => {
    const own = { x: [0, 1, 2, 5, 9], y: [5, 4, 3, 2, 1] };
    const other = { x: [1, 2, 3, 9], y: [0.1, 0.2, 0.3, 0.4] };
    const { x, y } = matched(own, other);
    expect([Array.from(x), Array.from(y)]).toEqual([
      [0.1, 0.2, 0.4],
      [4, 3, 1],
    ]);
    expect(matched(own, { x: [], y: [] }).x).toHaveLength(0);
  });

  it('are what looking up each step finds', () => {
    const line = fc
      .uniqueArray(fc.integer({ min: 0, max: 40 }))
      .map((x) => ({ x: x.sort((a, b) => a - b), y: x.map((step) => step * 7) }));
    fc.assert(
      fc.property(line, line, (own, other) => {
        const both = own.x.filter((step) => other.x.includes(step));
        expect(Array.from(matched(own, other).y)).toEqual(both.map((step) => own.y[own.x.indexOf(step)]));
        expect(Array.from(matched(own, other).x)).toEqual(both.map((step) => other.y[other.x.indexOf(step)]));
      }),
    );
  });
});
