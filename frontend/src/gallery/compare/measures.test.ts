import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { measure, measuring, type Pixels } from './measures';

/** Straight from the formulas: a window for each place, no rows kept, no squares subtracted from each other. */
function slowly(a: Pixels, b: Pixels): { psnr: number; ssim: number } {
  const { width, height } = a;
  const light = (of: Pixels, x: number, y: number) => {
    const [r, g, blue] = of.data.slice((y * width + x) * 4);
    return 0.299 * r! + 0.587 * g! + 0.114 * blue!;
  };
  const bell = (d: number) => Math.exp((-d * d) / (2 * 1.5 * 1.5));
  const centres = (side: number) =>
    side >= 11
      ? Array.from({ length: side - 10 }, (_, i) => i + 5)
      : Array.from({ length: side }, (_, i) => i);
  const similar: number[] = [];
  for (const cy of centres(height)) {
    for (const cx of centres(width)) {
      const seen: { weight: number; p: number; q: number }[] = [];
      for (let y = Math.max(0, cy - 5); y <= Math.min(height - 1, cy + 5); y += 1) {
        for (let x = Math.max(0, cx - 5); x <= Math.min(width - 1, cx + 5); x += 1) {
          seen.push({ weight: bell(x - cx) * bell(y - cy), p: light(a, x, y), q: light(b, x, y) });
        }
      }
      const all = seen.reduce((sum, { weight }) => sum + weight, 0);
      const mean = (of: (one: { p: number; q: number }) => number) =>
        seen.reduce((sum, one) => sum + (one.weight / all) * of(one), 0);
      const [mp, mq] = [mean(({ p }) => p), mean(({ q }) => q)];
      const vp = mean(({ p }) => (p - mp) ** 2);
      const vq = mean(({ q }) => (q - mq) ** 2);
      const both = mean(({ p, q }) => (p - mp) * (q - mq));
      const [c1, c2] = [(0.01 * 255) ** 2, (0.03 * 255) ** 2];
      similar.push((((2 * mp * mq + c1) / (mp * mp + mq * mq + c1)) * (2 * both + c2)) / (vp + vq + c2));
    }
  }
  let squares = 0;
  for (let i = 0; i < a.data.length; i += 1) if (i % 4 < 3) squares += (a.data[i]! - b.data[i]!) ** 2;
  return {
    psnr: squares === 0 ? Infinity : 10 * Math.log10(255 ** 2 / (squares / (width * height * 3))),
    ssim: similar.reduce((sum, one) => sum + one, 0) / similar.length,
  };
}

/** Any two pictures of one size: of noise, of one colour, or one made of the other. */
const pair = fc
  .record({ width: fc.integer({ min: 1, max: 18 }), height: fc.integer({ min: 1, max: 18 }) })
  .chain(({ width, height }) => {
    const bytes = fc.uint8ClampedArray({ minLength: width * height * 4, maxLength: width * height * 4 });
    const plain = fc
      .integer({ min: 0, max: 255 })
      .map((value) => new Uint8ClampedArray(width * height * 4).fill(value));
    const second = fc.oneof(bytes, plain, fc.constant(null));
    return fc.record({ first: fc.oneof(bytes, plain), second }).map(({ first, second }) => ({
      a: { width, height, data: first },
      b: { width, height, data: second ?? first.map((value, i) => (i % 7 === 0 ? 255 - value : value)) },
    }));
  });

/** A picture that any program can make: see the numbers below. */
function pattern(width: number, height: number, value: (x: number, y: number, c: number) => number): Pixels {
  const data = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1)
      for (let c = 0; c < 3; c += 1) data[(y * width + x) * 4 + c] = value(x, y, c);
  return { width, height, data };
}

describe('the measures of two pictures', () => {
  it('are those of the formulas', () => {
    fc.assert(
      fc.property(pair, ({ a, b }) => {
        const [quick, slow] = [measure(a, b), slowly(a, b)];
        expect(quick.ssim).toBeCloseTo(slow.ssim, 8);
        if (slow.psnr === Infinity) expect(quick.psnr).toBe(Infinity);
        else expect(quick.psnr).toBeCloseTo(slow.psnr, 8);
      }),
      { numRuns: 25 },
    );
  });

  it('are those of scikit-image', () => {
    // structural_similarity(…, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255)
    const a = pattern(64, 48, (x, y, c) => (x * 3 + y * 2 + c * 20) % 256);
    const b = pattern(64, 48, (x, y, c) => ((x * 3 + y * 2 + c * 20) % 256) + ((x * 31 + y * 17) % 60));
    const { psnr, ssim } = measure(a, b);
    expect(ssim).toBeCloseTo(0.35214351544712585, 9);
    expect(psnr).toBeCloseTo(17.959379251642726, 9);
  });

  it('say of a picture and itself that nothing differs', () => {
    const a = pattern(40, 30, (x, y, c) => (x * 7 + y * 13 + c * 50) % 256);
    expect(measure(a, a)).toEqual({ psnr: Infinity, ssim: expect.closeTo(1, 12) });
  });

  it('are symmetric, and worse with more noise', () => {
    const a = pattern(64, 48, (x, y, c) => (x * 3 + y * 2 + c * 20) % 256);
    const noisy = (most: number) =>
      pattern(64, 48, (x, y, c) => ((x * 3 + y * 2 + c * 20) % 256) + ((x * 31 + y * 17) % most));
    const [some, more] = [measure(a, noisy(9)), measure(a, noisy(60))];
    expect(more.psnr).toBeLessThan(some.psnr);
    expect(more.ssim).toBeLessThan(some.ssim);
    expect(measure(noisy(9), a).ssim).toBeCloseTo(some.ssim, 12);
  });

  it('do not look at opacity', () => {
    const a = pattern(16, 16, (x, y) => x * y);
    const clear = { ...a, data: a.data.map((value, i) => (i % 4 === 3 ? 0 : value)) };
    expect(measure(a, clear).psnr).toBe(Infinity);
  });

  it('pause on the way through a large picture', () => {
    const a = pattern(1000, 600, (x, y) => (x ^ y) & 255);
    const told: number[] = [...measuring(a, a)];
    expect(told.length).toBeGreaterThan(1);
    expect(told).toEqual([...told].sort((x, y) => x - y));
    expect(told.at(-1)).toBeLessThanOrEqual(1);
  });

  it('are not taken of pictures of different size', () => {
    const a = pattern(4, 5, () => 0);
    expect(() =>
      measure(
        a,
        pattern(5, 4, () => 0),
      ),
    ).toThrow('size');
  });
});
