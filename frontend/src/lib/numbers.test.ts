import { describe, expect, it } from 'vitest';

import { shortNumber } from './numbers';

describe('numbers', () => {
  it('are numbers of few digits', () => {
    expect([0.123456, 1234567.8, 12, 0.00001234, -0.5, 1e20, 1_795_957_001].map(shortNumber)).toEqual([
      '0.12346',
      '1.235e+6',
      '12',
      '1.234e-5',
      '-0.5',
      '1e+20',
      '1795957001',
    ]);
  });
});
