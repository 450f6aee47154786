import { describe, expect, it } from 'vitest';

import { formatValue } from './series';

describe('a value', () => {
  it('is written as people read it', () => {
    expect([0.31234567, 12, 1234567, 1.5e-7, 12345678.9, null, -0.5].map(formatValue)).toEqual([
      '0.31235',
      '12',
      '1\u202f234\u202f567',
      '1.500e-7',
      '1.235e7',
      '–',
      '-0.5',
    ]);
  });
});
