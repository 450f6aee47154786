import { describe, expect, it, vi } from 'vitest';
import { entryOf, fits } from './schema';

const DESCRIPTION = {
  marker: { size: { valType: 'number', min: 0 }, color: { valType: 'color' } },
  xaxis: { type: { valType: 'enumerated', values: ['-', 'linear', 'log'] }, dtick: { valType: 'any' } },
};

describe('what an attribute may be', () => {
  it('is found by its path, of further axes too', () => {
    expect(entryOf(DESCRIPTION, 'marker.size')).toBe(DESCRIPTION.marker.size);
    expect(entryOf(DESCRIPTION, 'xaxis3.type')).toBe(DESCRIPTION.xaxis.type);
    expect(entryOf(DESCRIPTION, 'marker')).toBeNull();
    expect(entryOf(DESCRIPTION, 'marker.size.more')).toBeNull();
    expect(entryOf(undefined, 'x')).toBeNull();
  });

  it('is a number within bounds, a colour, a word of a list, or anything', () => {
    vi.stubGlobal('CSS', { supports: (_: string, value: string) => value === 'red' });
    const may = (path: string, value: unknown) => fits(entryOf(DESCRIPTION, path), value);
    expect([3, -1, 'thick'].map((value) => may('marker.size', value))).toEqual([true, false, false]);
    expect(['red', 'reddish'].map((value) => may('marker.color', value))).toEqual([true, false]);
    expect(['log', 'odd'].map((value) => may('xaxis.type', value))).toEqual([true, false]);
    expect(may('xaxis.dtick', 'M1')).toBe(true);
    expect(may('unknown', 'thing')).toBe(true);
    vi.unstubAllGlobals();
  });
});
