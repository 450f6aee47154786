import { describe, expect, it } from 'vitest';

import { spanOf } from './dates';

const iso = (text: string) => {
  const span = spanOf(text);
  return span && [span.from.toISOString(), span.to.toISOString()];
};

describe('a date of a filter', () => {
  it('is a day of this clock, to its end', () => {
    const [from, to] = [new Date(2026, 1, 28), new Date(2026, 2, 1)];
    expect(spanOf(' 2026-02-28 ')).toEqual({ from, to });
  });

  it('is a minute or a second where it says so, and of another clock where it says that', () => {
    const minute = [new Date(2026, 0, 31, 14, 30), new Date(2026, 0, 31, 14, 31)];
    expect(spanOf('2026-01-31 14:30')).toEqual({ from: minute[0], to: minute[1] });
    expect(iso('2026-01-31T23:59:59Z')).toEqual(['2026-01-31T23:59:59.000Z', '2026-02-01T00:00:00.000Z']);
    expect(iso('2026-01-31+02:00')).toEqual(['2026-01-30T22:00:00.000Z', '2026-01-31T22:00:00.000Z']);
    expect(iso('2026-01-31 10:00-00:30')?.[0]).toBe('2026-01-31T10:30:00.000Z');
  });

  it('is none where there is no such day', () => {
    for (const text of ['', 'soon', '2026-02-30', '2026-13-01', '2026-1-1', '2026-01-31 25:00', '0026-01-01'])
      expect(spanOf(text)).toBeNull();
  });
});
