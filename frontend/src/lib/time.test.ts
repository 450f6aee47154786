import { describe, expect, it } from 'vitest';
import { clock, relative } from './time';

const now = new Date('2026-11-21T20:00:00');
const before = (seconds: number) => new Date(now.getTime() - seconds * 1000);

describe('relative', () => {
  it.each([
    [3, 'just now'],
    [50, '50 seconds ago'],
    [59 * 60, '59 minutes ago'],
    [3600, '1 hour ago'],
    [86_400 * 1.5, 'yesterday'],
    [86_400 * 6, '6 days ago'],
    [86_400 * 20, '2 weeks ago'],
    [86_400 * 800, '2 years ago'],
    [-86_400 * 27, 'in 4 weeks'],
    [-86_400 * 3652, 'in 10 years'],
  ])('says %s seconds before as %s', (seconds, words) => {
    expect(relative(before(seconds), now)).toBe(words);
  });
});

describe('clock', () => {
  it('is the time alone today, and carries the day otherwise', () => {
    expect(clock(before(60), now)).toBe('19:59');
    expect(clock(before(86_400), now)).toBe('20 Nov, 20:00');
  });
});
