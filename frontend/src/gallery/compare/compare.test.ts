import { beforeEach, describe, expect, it } from 'vitest';
import { CompareCells, type OfferedCell } from './compare.svelte';

/** A cell whose card is at `at.step` now. */
function cell(env: string, at = { step: 1 }): OfferedCell {
  return {
    env,
    card: 'val/samples',
    get step() {
      return at.step;
    },
    get url() {
      return `/assets/${env}-${at.step}`;
    },
    width: 8,
    height: 8,
  };
}

let compare: CompareCells;
beforeEach(() => (compare = new CompareCells()));

describe('comparing cells', () => {
  it('waits for a second cell, then opens', () => {
    compare.offer(cell('a'));
    expect(compare.chosen?.env).toBe('a');
    expect(compare.first).toBeNull();
    compare.offer(cell('b'));
    expect([compare.chosen, compare.first?.env, compare.second?.env]).toEqual([null, 'a', 'b']);
  });

  it('forgets the first when it is cancelled', () => {
    compare.offer(cell('a'));
    compare.cancel();
    compare.offer(cell('b'));
    expect([compare.chosen?.env, compare.pair]).toEqual(['b', null]);
  });

  it('holds the first as it was chosen, while the second goes on with its card', () => {
    const at = { step: 1 };
    compare.offer(cell('a', at));
    at.step = 2;
    expect(compare.chosen?.step).toBe(1);
    compare.offer(cell('b', at));
    at.step = 3;
    expect([compare.first?.step, compare.second?.step]).toEqual([1, 3]);
  });

  it('lets the first go on, too, and holds it where it came to', () => {
    const at = { step: 1 };
    compare.offer(cell('a', at));
    compare.offer(cell('b', at));
    compare.hold(false);
    at.step = 5;
    expect(compare.first?.step).toBe(5);
    compare.hold(true);
    at.step = 6;
    expect(compare.first?.step).toBe(5);
  });

  it('compares a cell with another step of itself', () => {
    const at = { step: 1 };
    compare.isHeld = false;
    compare.offer(cell('a', at));
    at.step = 4;
    compare.offer(cell('a', at));
    expect([compare.first?.step, compare.second?.step]).toEqual([1, 4]);
  });

  it('swaps the two as they are seen', () => {
    const at = { step: 1 };
    compare.offer(cell('a', at));
    at.step = 2;
    compare.offer(cell('b', at));
    compare.swap();
    expect([compare.first?.env, compare.first?.step]).toEqual(['b', 2]);
    expect([compare.second?.env, compare.second?.step]).toEqual(['a', 1]);
    compare.swap();
    expect([compare.first?.env, compare.first?.step]).toEqual(['a', 1]);
    at.step = 3;
    expect([compare.second?.env, compare.second?.step]).toEqual(['b', 3]);
  });

  it('has a second that goes on, too, where the two were swapped as their cards show them', () => {
    const at = { step: 1 };
    compare.offer(cell('a', at));
    compare.offer(cell('b', at));
    compare.swap();
    at.step = 2;
    expect([compare.first?.step, compare.second?.env, compare.second?.step]).toEqual([1, 'a', 2]);
  });
});
