import { expect, it } from 'vitest';

import { numericRange } from './range';

it('A range of an axis is read in the numbers of its data', () => {
  expect(numericRange('linear', [1, '5'])).toEqual([1, 5]);
  expect(numericRange('linear', [5, 1])).toEqual([1, 5]);
  expect(numericRange('log', [0, 3])).toEqual([1, 1000]);
  expect(numericRange('date', ['2026-11-21 20:07:11.5', '2026-11-22'])).toEqual([
    Date.UTC(2026, 10, 21, 20, 7, 11, 500),
    Date.UTC(2026, 10, 22),
  ]);
  expect(numericRange('date', ['2026-11-21 20:07', 1e13])).toEqual([Date.UTC(2026, 10, 21, 20, 7), 1e13]);
});

it('An axis of names, or one without a range, has none', () => {
  expect(numericRange('category', [0, 3])).toBeNull();
  expect(numericRange('multicategory', [0, 3])).toBeNull();
  expect(numericRange('linear', undefined)).toBeNull();
  expect(numericRange('date', ['soon', 'later'])).toBeNull();
});
