import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { ThinnedLine } from '../../live/thinning';
import { envelope, inOrder, nearest, placeOf, valueUntil } from './curves';

describe('the nearest point', () => {
  const line = { x: [0, 10, 20, 30], y: [1, NaN, 3, 4] };

  it('is found by x among those that have a value, of two as near the earlier', () => {
    expect([-5, 4, 10, 11, 26, 99].map((at) => nearest(line, at))).toEqual([0, 0, 0, 2, 3, 3]);
  });

  it('is none where there are none', () => {
    expect(nearest({ x: [1, 2], y: [NaN, Infinity] }, 1)).toBe(-1);
    expect(nearest({ x: [], y: [] }, 1)).toBe(-1);
  });

  it('is the one that looking at all of them finds', () => {
    const sorted = fc.uniqueArray(fc.integer({ min: 0, max: 60 })).map((x) => x.sort((a, b) => a - b));
    fc.assert(
      fc.property(sorted, fc.array(fc.boolean()), fc.integer({ min: -5, max: 65 }), (x, gaps, at) => {
        const y = x.map((_, i) => (gaps[i] ? Number.NaN : i));
        const best = x
          .map((value, i) => ({ i, away: Math.abs(value - at) }))
          .filter(({ i }) => !gaps[i])
          .sort((a, b) => a.away - b.away || a.i - b.i)[0];
        expect(nearest({ x, y }, at)).toBe(best?.i ?? -1);
      }),
    );
  });
});

it('The last value up to a place is that of the last point that has one', () => {
  const line = { x: [0, 10, 20], y: [1, 2, NaN] };
  expect([-1, 0, 9, 10, 25].map((at) => valueUntil(line, at))).toEqual([null, 1, 1, 2, 2]);
});

it('A number goes before all that are not smaller', () => {
  expect([0, 1, 2, 5].map((value) => placeOf([1, 2, 2, 4], value))).toEqual([0, 0, 1, 4]);
});

describe('points in order of x', () => {
  it('are those that rise already, untouched', () => {
    const points = { x: [1, 2, 2, 3], y: [1, 2, 3, 4] };
    expect(inOrder(points)).toEqual({ points, wasInOrder: true });
    expect(inOrder({ x: [], y: [] }).wasInOrder).toBe(true);
  });

  it('are sorted where they fall, and those without an x are left out', () => {
    const { points, wasInOrder } = inOrder({ x: [3, NaN, 1, 2], y: [30, 0, 10, 20] });
    expect([[...Array.from(points.x)], [...Array.from(points.y)], wasInOrder]).toEqual([
      [1, 2, 3],
      [10, 20, 30],
      false,
    ]);
    expect(inOrder({ x: [NaN, 1, 2], y: [0, 1, 2] })).toMatchObject({
      wasInOrder: true,
      points: { x: { length: 2 } },
    });
  });
});

describe('the band of a thinned line', () => {
  function thinned(y: number[], bucket: number) {
    const line = ThinnedLine.of(
      y.map((_, i) => i),
      y,
      0,
      bucket,
      1024,
    );
    const { pos, x, y: chosen } = line.points();
    return envelope({ x, y: chosen }, pos, bucket);
  }

  it('reaches from the lowest to the highest of each bucket, and its middle ends at the last point', () => {
    const { middle, band } = thinned([5, 1, 9, 3, 2, 2, 8, 4, 7], 4);
    expect([[...band.low], [...band.high]]).toEqual([
      [1, 2, 7],
      [9, 8, 7],
    ]);
    expect([...middle.y]).toEqual([5, 5, 7, 7]);
    expect(middle.x.at(-1)).toBe(8);
  });

  it('has a gap where whole buckets have no value, and does not bridge it', () => {
    const { band } = thinned([1, 2, 3, 4, NaN, NaN, NaN, NaN, 5, 6, 7, 8], 4);
    expect([...band.low]).toEqual([1, NaN, 5]);
  });

  it('holds every value of the line, whatever that is', () => {
    const values = fc.array(fc.oneof(fc.integer({ min: -9, max: 9 }), fc.constant(Number.NaN)), {
      maxLength: 80,
    });
    fc.assert(
      fc.property(values, (y) => {
        const { band, middle } = thinned(y, 8);
        for (let begin = 0; begin < y.length; begin += 8) {
          const here = y.slice(begin, begin + 8).filter(Number.isFinite);
          if (here.length === 0) continue;
          const place = [...band.x].findIndex(
            (x, i) => x >= begin && x < begin + 8 && Number.isFinite(band.low[i]),
          );
          expect([band.low[place], band.high[place]]).toEqual([Math.min(...here), Math.max(...here)]);
        }
        for (let i = 1; i < middle.x.length; i++)
          expect(middle.x[i]!).toBeGreaterThanOrEqual(middle.x[i - 1]!);
        if (Number.isFinite(y.at(-1))) expect(middle.y.at(-1)).toBe(y.at(-1));
      }),
    );
  });
});
