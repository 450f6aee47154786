import { describe, expect, it } from 'vitest';
import { csv } from './table';

const part = (name: string, columns: Record<string, ArrayLike<unknown>>, dates = false) => ({
  name,
  columns,
  dates,
});

describe('a plot as a table', () => {
  it('has lines over the same x side by side', () => {
    const x = Float64Array.of(0, 1, 2);
    const a = part('train', { x, y: Float64Array.of(3, NaN, Infinity) });
    const b = part('val, "best"', { x: [0, 1, 2], y: [1, 2, null] });
    expect(csv([a, b])).toBe('x,train,"val, ""best"""\r\n0,3,1\r\n1,,2\r\n2,inf,\r\n');
  });

  it('names the trace of each point where they differ in x', () => {
    const a = part('a', { x: [0], y: [1] });
    const b = part('b', { x: [5], y: [2], text: ['five'] });
    expect(csv([a, b])).toBe('trace,x,y,text\r\na,0,1,\r\nb,5,2,five\r\n');
  });

  it('writes dates as dates, and a heatmap as a grid', () => {
    expect(csv([part('a', { x: [Date.UTC(2026, 10, 21)], y: [1] }, true)])).toBe(
      'x,y\r\n2026-11-21T00:00:00.000Z,1\r\n',
    );
    expect(
      csv([
        part('h', {
          z: [
            [1, 2],
            [3, 4],
          ],
          x: ['p', 'q'],
        }),
      ]),
    ).toBe(',p,q\r\n0,1,2\r\n1,3,4\r\n');
  });
});
