import { describe, expect, it } from 'vitest';

import { Columns, decodeColumn, numbersOf } from './columns';

const bytes = (array: { buffer: ArrayBufferLike }): Uint8Array => new Uint8Array(array.buffer);

describe('numbers of the wire', () => {
  it('are read whatever their type, at any offset in a frame', () => {
    const frame = new Uint8Array(3 + 16);
    frame.set(bytes(Float64Array.of(1.5, Number.NaN)), 3);
    expect(Array.from(numbersOf({ dtype: 'f8', bdata: frame.subarray(3) }))).toEqual([1.5, Number.NaN]);
    expect(Array.from(numbersOf({ dtype: 'i2', bdata: bytes(Int16Array.of(-3, 9)) }))).toEqual([-3, 9]);
    expect(Array.from(numbersOf({ dtype: 'i8', bdata: bytes(BigInt64Array.of(2n ** 53n, -1n)) }))).toEqual([
      2 ** 53,
      -1,
    ]);
    expect(Array.from(numbersOf(bytes(Float64Array.of(7))))).toEqual([7]);
  });

  it('of an unknown type are refused', () => {
    expect(() => numbersOf({ dtype: 'c16', bdata: new Uint8Array(16) })).toThrow('c16');
  });

  it('in a list are numbers too, with NaN for null', () => {
    expect(Array.from(decodeColumn([1, null, 3]) as Float64Array)).toEqual([1, Number.NaN, 3]);
    expect(decodeColumn(['a', null])).toEqual(['a', null]);
  });
});

describe('columns', () => {
  it('grow together, and fill what is missing with gaps', () => {
    const columns = new Columns();
    columns.append(2, { x: Float64Array.of(1, 2), text: ['a', 'b'] });
    columns.append(1, { x: Float64Array.of(3), y: Float64Array.of(9) });
    expect(columns.length).toBe(3);
    const { x, y, text } = columns.views();
    expect(Array.from(x as Float64Array)).toEqual([1, 2, 3]);
    expect(Array.from(y as Float64Array)).toEqual([Number.NaN, Number.NaN, 9]);
    expect(text).toEqual(['a', 'b', null]);
  });

  it('of numbers become lists when a string comes', () => {
    const columns = new Columns();
    columns.append(2, { text: Float64Array.of(1, Number.NaN) });
    columns.append(1, { text: ['x'] });
    expect(columns.views()['text']).toEqual([1, null, 'x']);
    expect(columns.numbers('text')).toBeUndefined();
  });

  it('refuse values that are not one for each point', () => {
    expect(() => new Columns().append(2, { x: Float64Array.of(1) })).toThrow('x holds 1 values');
  });

  it('keep everything over many doublings', () => {
    const columns = new Columns();
    for (let i = 0; i < 1000; i++) columns.append(1, { x: Float64Array.of(i) });
    expect(Array.from(columns.numbers('x')!)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
  });
});
