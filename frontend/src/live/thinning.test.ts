import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { slowBucket, slowThin, type Point } from './reference.testing';
import { bucketsFor, chooseBucket, ThinnedLine } from './thinning';

const y = fc.oneof(
  { weight: 8, arbitrary: fc.double({ min: -5, max: 5, noNaN: true }) },
  { weight: 3, arbitrary: fc.constantFrom(0, 1, -1) },
  { weight: 2, arbitrary: fc.constantFrom(Number.NaN, Infinity, -Infinity) },
);

const chosenOf = (line: ThinnedLine): number[][] => {
  const { pos, x, y: ys } = line.chosen();
  return Array.from(pos, (p, i) => [p, x[i]!, ys[i]!]);
};

function fresh(points: readonly Point[], bucket: number, w: number, start = 0): ThinnedLine {
  return ThinnedLine.of(
    points.slice(start).map(([x]) => x),
    points.slice(start).map(([, value]) => value),
    start,
    bucket,
    w,
  );
}

describe('a thinned line', () => {
  it('holds of each bucket the lowest, the highest and the first gap', () => {
    fc.assert(
      fc.property(
        fc.array(y, { minLength: 1, maxLength: 200 }),
        fc.constantFrom(2, 4, 8, 16),
        fc.nat(20),
        (ys, bucket, skip) => {
          const points = ys.map((value, i): Point => [i * 2, value]);
          const start = Math.min(skip, points.length - 1);
          expect(chosenOf(fresh(points, bucket, 1024, start))).toEqual(
            slowThin(points, start, points.length, bucket),
          );
        },
      ),
    );
  });

  it('that grows equals one that is fetched anew, however it grew', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(y, { maxLength: 30 }), { minLength: 1, maxLength: 30 }),
        fc.constantFrom(1, 2, 3, 4, 8),
        fc.array(y, { minLength: 33, maxLength: 40 }),
        (pieces, width, begin) => {
          const w = bucketsFor(width);
          const all: Point[] = begin.map((value, i) => [i, value]);
          const line = fresh(all, chooseBucket(all.length, w), w);
          for (const piece of pieces) {
            const added = piece.map((value, i): Point => [all.length + i, value]);
            all.push(...added);
            line.append(
              added.map(([x]) => x),
              added.map(([, value]) => value),
            );
            expect(line.bucket).toBe(slowBucket(all.length, width));
            expect(chosenOf(line)).toEqual(slowThin(all, 0, all.length, line.bucket));
            const drawn = line.points();
            expect(drawn.pos.at(-1)).toBe(all.length - 1);
            expect(drawn.x.length).toBe(line.length);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('chooses its buckets as the server does', () => {
    expect(chooseBucket(4096, 1024)).toBe(1);
    expect(chooseBucket(4097, 1024)).toBe(8);
    expect(chooseBucket(1_000_000, 1024)).toBe(1024);
    expect([1, 2, 700, 1024, 1025].map(bucketsFor)).toEqual([1, 2, 1024, 1024, 2048]);
  });
});
