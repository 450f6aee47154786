import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { acquainted } from './acquainted';

const wall = (...distances: number[]) => new Map(distances.map((distance, id) => [id, distance]));

describe('panes that are drawn whole', () => {
  it('are those that came near, and stay as one goes on', () => {
    const first = acquainted(new Set(), wall(0, 0.9, 1.1, 9));
    expect([...first]).toEqual([0, 1]);
    expect([...acquainted(first, wall(9, 9, 0.5, 0))]).toEqual([0, 1, 3, 2]);
  });

  it('are the very same set while nothing changes, so that nothing is drawn again', () => {
    const met = acquainted(new Set(), wall(0, 0.5, 9));
    expect(acquainted(met, wall(0.2, 0.7, 8))).toBe(met);
  });

  it('join a few at a time, the nearest first', () => {
    const distances = wall(0.9, 0.2, 0, 0.5, 4);
    const first = acquainted(new Set(), distances, 2);
    expect([...first]).toEqual([2, 1]);
    expect([...acquainted(first, distances, 2)]).toEqual([2, 1, 3, 0]);
  });

  it('leave with what left the wall', () => {
    expect([...acquainted(new Set([1, 7]), wall(0, 5))]).toEqual([1, 0]);
  });

  it('stay few on a wall of any length, and always hold what is near', () => {
    const walls = fc.array(fc.float({ min: 0, max: 300, noNaN: true }), { maxLength: 400 });
    fc.assert(
      fc.property(fc.array(walls, { maxLength: 6 }), (list) => {
        let met: ReadonlySet<number> = new Set();
        for (const distances of list) {
          met = acquainted(met, wall(...distances));
          for (const [id, distance] of distances.entries()) if (distance < 1) expect(met.has(id)).toBe(true);
          const close = distances.filter((distance) => distance <= 3).length;
          expect(met.size).toBeLessThanOrEqual(Math.max(80, close));
        }
      }),
    );
  });
});
