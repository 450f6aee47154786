import { describe, expect, it } from 'vitest';
import { makeFilter } from './filter';

const titles = ['train/loss', 'val/loss', 'Train/Accuracy', 'lr (cosine)', 'größe 🙂'];
const found = (text: string) => titles.filter((title) => makeFilter(text).matches(title));

describe('a filter', () => {
  it.each([
    ['loss', ['train/loss', 'val/loss']],
    ['^val', ['val/loss']],
    ['loss|acc', ['train/loss', 'val/loss', 'Train/Accuracy']],
    ['^(?!val).*loss$', ['train/loss']],
    ['\\(cos', ['lr (cosine)']],
    ['ö.*🙂', ['größe 🙂']],
    ['', titles],
    ['   ', titles],
  ])('%j is looked for in titles', (text, expected) => {
    expect(found(text)).toEqual(expected);
  });

  it('heeds capitals only if it has some', () => {
    expect(found('train')).toEqual(['train/loss', 'Train/Accuracy']);
    expect(found('Train')).toEqual(['Train/Accuracy']);
    expect(found('\\Strain')).toEqual([]);
    expect(found('\\w+rain\\W')).toEqual(['train/loss', 'Train/Accuracy']);
  });

  it.each(['(', '[a-', '*', 'a{2,1}', '(?<'])('%j hides nothing, and says why', (text) => {
    const filter = makeFilter(text);
    expect(titles.every((title) => filter.matches(title))).toBe(true);
    expect(filter.isUsed).toBe(false);
    expect(filter.problem).toBe('not a valid expression');
  });

  it.each(['(a+)+$', '(.*a)*b', '(a|aa)+$', '(\\w+\\s?)*$', '(x+x+){2,}y'])(
    '%j, which could take for ever, is not tried',
    (text) => {
      expect(makeFilter(text)).toMatchObject({ isUsed: false, problem: 'too slow' });
    },
  );

  it.each(['(train|val)/loss', '(loss)+', '(a+)b', 'a+b+', '\\(a+\\)+'])('%j is tried', (text) => {
    expect(makeFilter(text)).toMatchObject({ isUsed: true, problem: null });
  });

  it('is no longer than anybody types', () => {
    expect(makeFilter('a'.repeat(501)).problem).toBe('too long');
  });
});
