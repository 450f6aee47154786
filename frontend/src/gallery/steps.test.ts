import { describe, expect, it } from 'vitest';

import { nearestPlace, sectionOf, union } from './nearest';
import { placesOf } from './places';
import { pictureUrl } from './renditions';
import { type CardSteps, Steps } from './steps.svelte';

function cards(...all: [label: string, steps: number[]][]): { page: Steps; cards: CardSteps[] } {
  const page = new Steps();
  return {
    page,
    cards: all.map(([label, steps]) => {
      const card = page.card(label, label);
      card.know(steps, true);
      return card;
    }),
  };
}

describe('a place among steps', () => {
  it('is that of the nearest step, of two equally near ones the smaller', () => {
    expect([-9, 0, 4, 5, 6, 99].map((step) => nearestPlace([0, 10, 20], step))).toEqual([0, 0, 0, 0, 1, 2]);
    expect(nearestPlace([], 3)).toBe(-1);
  });

  it('is counted in the union of what the envs have', () => {
    expect(union([[0, 10, 20], [], [5, 10]])).toEqual([0, 5, 10, 20]);
  });

  it('belongs to the section that the label names before its last stroke', () => {
    expect(['a/b/c', 'image/file/0-0', 'plain', '/x'].map(sectionOf)).toEqual([
      'a/b',
      'image/file',
      'media',
      'media',
    ]);
  });
});

describe('a card', () => {
  it('starts at the last step and follows new ones from there, and only from there', () => {
    const [card] = cards(['a', [0, 10, 20]]).cards as [CardSteps];
    expect(card.step).toBe(20);
    card.know([0, 10, 20, 30], true);
    expect(card.step).toBe(30);
    card.choose(1);
    card.know([0, 5, 10, 20, 30, 40], true);
    expect([card.step, card.at, card.isFollowing]).toEqual([10, 2, false]);
    card.choose(99);
    card.know([0, 50], true);
    expect([card.step, card.isFollowing]).toEqual([50, true]);
  });

  it('takes those it is linked with along, to the nearest step they have', () => {
    const { page, cards: all } = cards(
      ['val/a', [0, 10, 20]],
      ['val/b', [0, 14, 18, 90]],
      ['test/c', [0, 10, 20]],
    );
    const [a, b, c] = all as [CardSteps, CardSteps, CardSteps];
    b.isLinked = false;
    a.choose(1);
    expect([a.step, b.step, c.step]).toEqual([10, 90, 20]);
    b.isLinked = true;
    expect(b.step).toBe(90);
    page.scope = 'page';
    a.choose(0);
    a.choose(1);
    expect([a.step, b.step, c.step]).toEqual([10, 14, 10]);
    // One that comes later goes where the others are.
    const late = page.card('val/d', 'val/d');
    expect(late.isSettled).toBe(false);
    late.know([30], false);
    late.know([0, 9, 12, 30], true);
    expect([late.isSettled, late.step]).toEqual([true, 9]);
  });

  it('moves samples with all cards, with its own cells, or each alone, and keeps what is on screen', () => {
    const [a, b] = cards(['a', [0]], ['b', [0]]).cards as [CardSteps, CardSteps];
    a.chooseSample('x', 2);
    expect([b.sampleOf('x'), a.sampleOf('y')]).toEqual([2, 2]);
    a.setSync('runs', ['x', 'y']);
    b.chooseSample('x', 0);
    expect([a.sampleOf('x'), b.sampleOf('x')]).toEqual([2, 0]);
    a.setSync('off', ['x', 'y']);
    a.chooseSample('x', 1);
    expect([a.sampleOf('x'), a.sampleOf('y')]).toEqual([1, 2]);
    a.setSync('widgets', ['x', 'y']);
    expect(a.sampleOf('x')).toBe(0);
  });

  it('comes back from plain data as it was', () => {
    const { page, cards: all } = cards(['val/a', [0, 10, 20]], ['val/b', [0, 14]]);
    const [a, b] = all as [CardSteps, CardSteps];
    expect(page.state()).toEqual({});
    b.isLinked = false;
    a.choose(1);
    a.setSync('off', ['x']);
    a.chooseSample('x', 3);
    page.syncZoom('val', true);
    page.look('val', { ratio: 2, x: 0.5, y: 0.25 });
    page.scope = 'page';
    const kept = JSON.parse(JSON.stringify(page.state())) as unknown;
    const other = new Steps();
    other.restore(kept as never);
    expect(other.state()).toEqual(kept);
    const again = other.card('val/a', 'val/a');
    again.know([0, 10, 20], true);
    expect([again.step, again.sampleOf('x'), other.regionOf('val')?.ratio]).toEqual([10, 3, 2]);
    expect(other.card('val/b', 'val/b').isLinked).toBe(false);
    // Whatever an address says, the page stands.
    other.restore({ cards: { 'val/a': { step: 'x' } }, zoom: { val: { ratio: -1 } } } as never);
    expect([again.step, other.regionOf('val')]).toEqual([20, null]);
  });
});

describe('a cell', () => {
  it('asks for a picture in the size that it shows, never for more', () => {
    const sample = { url: 'a', width: 1024, height: 768 };
    expect([100, 320, 360, 400, 900, 1200].map((needed) => pictureUrl(sample, needed))).toEqual([
      'a/w320',
      'a/w320',
      'a/w320',
      'a/w640',
      'a',
      'a',
    ]);
    expect(pictureUrl({ url: 'a', width: 300, height: 20 }, 50)).toBe('a');
    expect(pictureUrl({ url: 'a', width: null, height: null }, 50)).toBe('a/w320');
  });

  it('is as large as the room allows, and the card scrolls before it is too small', () => {
    expect(placesOf(2, { width: 800, height: 300 }, 24).columns).toBe(2);
    expect(placesOf(2, { width: 300, height: 500 }, 24)).toEqual({ columns: 1, height: 249 });
    const many = placesOf(100, { width: 1000, height: 400 }, 24);
    expect(many).toEqual({ columns: 6, height: 118 });
  });
});
