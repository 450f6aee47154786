import { describe, expect, it } from 'vitest';
import { difference, heat, type How } from './difference';

const of = (...colour: number[]) => ({ width: 1, height: 1, data: new Uint8ClampedArray(colour) });

function drawn(a: number[], b: number[], how: How, gain = 1): number[] {
  const into = new Uint8ClampedArray(4);
  difference(of(...a), of(...b), how, gain, into);
  return [...into];
}

describe('the difference of two pictures', () => {
  it('is how far each channel is apart, whichever is larger', () => {
    expect(drawn([10, 200, 30, 255], [40, 190, 30, 0], 'absolute')).toEqual([30, 10, 0, 255]);
  });

  it('grows with the gain and stays within what can be shown', () => {
    expect(drawn([10, 200, 30, 255], [40, 190, 30, 255], 'absolute', 10)).toEqual([255, 100, 0, 255]);
  });

  it('is red where the second is lighter, blue where it is darker, and black where they are alike', () => {
    const [r, , b] = drawn([50, 50, 50, 255], [150, 150, 150, 255], 'signed');
    expect(r).toBeGreaterThan(b! + 80);
    const [r2, , b2] = drawn([150, 150, 150, 255], [50, 50, 50, 255], 'signed');
    expect(b2).toBeGreaterThan(r2! + 80);
    expect(drawn([77, 8, 9, 255], [77, 8, 9, 255], 'signed', 64)).toEqual([0, 0, 0, 255]);
  });

  it('tells more from less in either direction', () => {
    const light = ([r, g, b]: readonly number[]) => 0.299 * r! + 0.587 * g! + 0.114 * b!;
    for (const sign of [-1, 1]) {
      const steps = [0, 0.1, 0.3, 0.5, 0.7, 1].map((part) => light(heat(sign * part)));
      expect(steps).toEqual([...steps].sort((a, b) => a - b));
    }
    expect(heat(5)).toEqual(heat(1));
  });
});
