import { describe, expect, it } from 'vitest';
import { smooth } from './savitzkyGolay';

const range = (n: number, f: (i: number) => number) => Array.from({ length: n }, (_, i) => f(i));

describe('smoothing', () => {
  it('leaves a cubic as it is, to its very ends', () => {
    const cubic = range(60, (i) => 0.002 * i ** 3 - 0.1 * i ** 2 + i - 4);
    smooth(cubic, 21).forEach((value, i) => expect(value).toBeCloseTo(cubic[i]!, 8));
  });

  it('has the weights of the textbook', () => {
    const impulse = range(11, (i) => (i === 5 ? 35 : 0));
    const smoothed = smooth(impulse, 5);
    [0, 0, 0, -3, 12, 17, 12, -3, 0].forEach((weight, i) => expect(smoothed[i]).toBeCloseTo(weight, 10));
  });

  it('takes noise away', () => {
    let seed = 1;
    const noise = () => ((seed = (seed * 16807) % 2147483647) / 2147483647 - 0.5) * 0.4;
    const clean = range(400, (i) => Math.sin(i / 40));
    const noisy = clean.map((value) => value + noise());
    const error = (line: ArrayLike<number>) =>
      clean.reduce((sum, value, i) => sum + (line[i]! - value) ** 2, 0) / clean.length;
    expect(error(smooth(noisy, 41))).toBeLessThan(error(noisy) / 8);
  });

  it('does not look beyond a gap', () => {
    const line = [...range(20, () => 1), NaN, ...range(20, () => 9)];
    const smoothed = smooth(line, 9);
    expect(smoothed[20]).toBeNaN();
    smoothed.forEach((value, i) => i !== 20 && expect(value).toBeCloseTo(i < 20 ? 1 : 9, 10));
  });

  it('leaves five points alone, and shrinks a window that is too wide', () => {
    expect([...smooth([1, 9, 2, 8, 3], 201)]).toEqual([1, 9, 2, 8, 3]);
    const line = range(8, (i) => i * 2);
    smooth(line, 201).forEach((value, i) => expect(value).toBeCloseTo(i * 2, 9));
  });
});
