import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  arranged,
  bySection,
  DEFAULT_GRID,
  gridOf,
  moved,
  pageOf,
  pagesOf,
  prefixOf,
  sectionOf,
  sectionsOf,
} from './grouping';

const named = (...names: string[]) => names.map((name) => ({ name }));
const names = (sections: readonly { name: string }[]) => sections.map(({ name }) => name);

describe('the section of a card', () => {
  it('is everything before the last slash', () => {
    expect(prefixOf('a/b/c')).toBe('a/b');
    expect(prefixOf('image/file/0-0')).toBe('image/file');
    expect(prefixOf('/loss')).toBeNull();
    expect(sectionOf({ label: 'val/samples', kind: 'image' })).toBe('val');
  });

  it('is shared by all of its sort where the label has no slash', () => {
    expect(sectionOf({ label: 'loss', kind: 'metric' })).toBe('metrics');
    expect(sectionOf({ label: 'samples', kind: 'image' })).toBe('media');
    expect(sectionOf({ label: 'notes', kind: 'text' })).toBe('other');
  });
});

describe('the order of sections', () => {
  it('is metrics, media, those of people by name, then what every run has', () => {
    const all = [
      'sys/gpu',
      'val',
      'other',
      'media',
      'layer10',
      'grad/a',
      'metrics',
      'files',
      'layer2',
      'param',
      'Alpha',
    ];
    expect(all.sort(bySection)).toEqual([
      'metrics',
      'media',
      'Alpha',
      'layer2',
      'layer10',
      'val',
      'sys/gpu',
      'param',
      'grad/a',
      'files',
      'other',
    ]);
  });

  it('is the same whatever came first', () => {
    const name = fc.oneof(
      fc.string(),
      fc.constantFrom('metrics', 'media', 'sys', 'a', 'A', 'á', 'a/1', 'a/01'),
    );
    fc.assert(
      fc.property(fc.uniqueArray(name), (all) => {
        const sorted = [...all].sort(bySection);
        expect([...all].reverse().sort(bySection)).toEqual(sorted);
      }),
    );
  });

  it('holds the cards of each by name, however they came', () => {
    const cards = ['val/b10', 'loss', 'val/b9', 'img', 'val/a'].map((label) => ({ label }));
    const look = ({ label }: { label: string }) => ({ label, kind: label === 'img' ? 'image' : 'metric' });
    expect(
      sectionsOf(cards, look).map(({ name, cards: held }) => [name, held.map(({ label }) => label)]),
    ).toEqual([
      ['metrics', ['loss']],
      ['media', ['img']],
      ['val', ['val/a', 'val/b9', 'val/b10']],
    ]);
  });
});

describe('an order of a person’s own', () => {
  it('comes first, and a new section stands behind the one it would follow by itself', () => {
    const sections = named('metrics', 'a', 'b', 'c', 'sys');
    expect(names(arranged(sections, ['c', 'a']))).toEqual(['metrics', 'c', 'sys', 'a', 'b']);
    expect(names(arranged(sections, []))).toEqual(names(sections));
    expect(names(arranged(sections, ['gone', 'sys', 'metrics', 'a', 'b', 'c']))).toEqual([
      'sys',
      'metrics',
      'a',
      'b',
      'c',
    ]);
  });

  it('loses and doubles nothing', () => {
    const all = fc.uniqueArray(fc.constantFrom<string>('a', 'b', 'c', 'd', 'e', 'f'));
    fc.assert(
      fc.property(all, all, (shown, order) => {
        const result = names(arranged(named(...shown), order));
        expect([...result].sort()).toEqual([...shown].sort());
        const kept = order.filter((name) => shown.includes(name));
        expect(result.filter((name) => kept.includes(name))).toEqual(kept);
      }),
    );
  });

  it('comes of putting one where another is', () => {
    expect(moved(['a', 'b', 'c', 'd'], 'a', 'c')).toEqual(['b', 'c', 'a', 'd']);
    expect(moved(['a', 'b', 'c', 'd'], 'd', 'b')).toEqual(['a', 'd', 'b', 'c']);
    expect(moved(['a', 'b'], 'a', 'gone')).toEqual(['a', 'b']);
  });
});

describe('the pages of a section', () => {
  it('hold three by three cards unless told otherwise, and one to eight either way', () => {
    expect(gridOf(null)).toEqual(DEFAULT_GRID);
    expect(gridOf({ columns: 0, rows: 99 })).toEqual({ columns: 1, rows: 8 });
    expect(gridOf({ columns: 'x', rows: 2.4 })).toEqual({ columns: 3, rows: 2 });
  });

  it('show every card once', () => {
    const cards = Array.from({ length: 20 }, (_, i) => i);
    expect(pagesOf(20, DEFAULT_GRID)).toBe(3);
    expect([0, 1, 2].flatMap((page) => pageOf(cards, DEFAULT_GRID, page).cards)).toEqual(cards);
  });

  it('end at the last there is, when cards went', () => {
    expect(pageOf([1, 2, 3], { columns: 1, rows: 2 }, 7)).toEqual({ page: 1, cards: [3] });
    expect(pageOf([], DEFAULT_GRID, 2)).toEqual({ page: 0, cards: [] });
  });
});
