import { describe, expect, it } from 'vitest';
import { get, leaves, nested, put } from './paths';

describe('attributes by path', () => {
  it('are read and set without touching what others hold', () => {
    const line = { width: 2 };
    const figure = { line, name: 'a' };
    put(figure, 'line.color', 'red');
    put(figure, 'marker.line.width', 3);
    expect(figure).toEqual({ line: { width: 2, color: 'red' }, name: 'a', marker: { line: { width: 3 } } });
    expect(line).toEqual({ width: 2 });
    expect(get(figure, 'marker.line.width')).toBe(3);
    expect(get(figure, 'name.length')).toBeUndefined();
    put(figure, 'line.color', undefined);
    expect(figure.line).toEqual({ width: 2 });
  });

  it('are listed but for arrays', () => {
    const map = { a: 1, b: { c: true, d: ['x'], e: { f: 'g' } }, z: { dtype: 'f8', bdata: 'AAAA' }, n: null };
    expect(leaves(map)).toEqual([
      { path: 'a', value: 1 },
      { path: 'b.c', value: true },
      { path: 'b.e.f', value: 'g' },
    ]);
    expect(nested('b.e.f', 'h')).toEqual({ b: { e: { f: 'h' } } });
  });
});
