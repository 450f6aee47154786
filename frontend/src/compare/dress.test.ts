import { describe, expect, it } from 'vitest';

import type { WireTrace, WireWindow } from '../live/frames';
import { dressed } from './dress';

const trace = (more: Partial<WireTrace>): WireTrace => ({
  id: 1,
  index: 0,
  name: '0_loss',
  gen: 1,
  count: 0,
  columns: ['x', 'y'],
  monotone: true,
  dates: false,
  attrs: { type: 'scatter' },
  ...more,
});
const plot = (...traces: WireTrace[]): WireWindow => ({
  key: 'k',
  kind: 'plot',
  title: 't',
  place: 0,
  rev: 1,
  opts: {},
  layout: {},
  content: null,
  traces,
});
const colourOf = (n: number) => ['red', 'blue'][n]!;
const attributes = (...traces: WireTrace[]) =>
  dressed(plot(...traces), colourOf).traces.map(({ attrs }) => attrs);

describe('traces of a merged plot', () => {
  it('have the colour of their env, whatever they had before', () => {
    const own = { type: 'scatter', line: { color: 'green', width: 3 } };
    const [first, second] = attributes(trace({ n: 0, attrs: own }), trace({ n: 1 }));
    expect(first!['line']).toEqual({ color: 'red', width: 3, dash: 'solid' });
    expect(second!['line']).toMatchObject({ color: 'blue' });
  });

  it('are told apart by dashes within an env, and keep dashes of their own', () => {
    const dots = { type: 'scatter', line: { dash: 'dot' } };
    const found = attributes(
      trace({ n: 0, of: 0 }),
      trace({ n: 0, of: 1 }),
      trace({ n: 1, of: 1 }),
      trace({ n: 1, of: 2, attrs: dots }),
    );
    expect(found.map((attrs) => (attrs['line'] as { dash: string }).dash)).toEqual([
      'solid',
      'dash',
      'dash',
      'dot',
    ]);
  });

  it('are told apart by symbols and by patterns, too, and keep those of their own', () => {
    const marked = (of: number, type: string, marker?: object) =>
      attributes(trace({ n: 0, of, attrs: { type, ...(marker && { marker }) } }))[0]!['marker'];
    expect(marked(0, 'scatter')).toEqual({ color: 'red', symbol: 'circle' });
    expect(marked(1, 'scatter', { symbol: 'circle' })).toEqual({ color: 'red', symbol: 'square' });
    expect(marked(1, 'scatter', { symbol: 'star' })).toEqual({ color: 'red', symbol: 'star' });
    expect(marked(0, 'bar')).toEqual({ color: 'red' });
    expect(marked(1, 'bar')).toEqual({ color: 'red', pattern: { shape: '/' } });
    expect(marked(1, 'bar', { pattern: { shape: '.' } })).toEqual({ color: 'red', pattern: { shape: '.' } });
    expect(marked(1, 'box')).toEqual({ color: 'red' });
  });

  it('keep colours that are data', () => {
    const [column, list] = attributes(
      trace({ n: 0, columns: ['x', 'y', 'marker.color'] }),
      trace({ n: 0, attrs: { type: 'bar', marker: { color: ['a', 'b'] } } }),
    );
    expect(column!['marker']).toEqual({ symbol: 'circle' });
    expect(list!['marker']).toEqual({ color: ['a', 'b'] });
  });

  it('stay as they are where they are not part of a comparison', () => {
    const look = plot(trace({}));
    expect(dressed(look, colourOf)).toBe(look);
  });
});
