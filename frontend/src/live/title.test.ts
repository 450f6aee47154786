import { describe, expect, it } from 'vitest';
import { titleOf } from './title';

describe('the title of a window', () => {
  it.each([
    ['Loss', 'w1', 'Loss'],
    ['', 'w1', 'w1'],
    ['  ', 'w1', 'w1'],
    ['', '', 'Untitled'],
    [' ', '\n', 'Untitled'],
  ])('of title %j and key %j is %j', (title, key, said) => {
    expect(titleOf({ title, key })).toBe(said);
  });
});
