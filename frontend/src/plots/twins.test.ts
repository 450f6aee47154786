import { describe, expect, it } from 'vitest';
import { isLine } from './lines';
import { withTwins } from './twins';

describe('smoothed twins', () => {
  const y = Float64Array.from({ length: 30 }, (_, i) => i % 2);
  const line = {
    type: 'scattergl',
    mode: 'lines',
    uid: 'a',
    y,
    line: { width: 3 },
    error_y: {},
    opacity: 0.8,
  };

  it('lie over pale lines in the same colour, without an entry in the legend', () => {
    const bars = { type: 'bar', uid: 'b', y };
    const [pale, same, twin] = withTwins([line, bars], 4, new Map([['a', '#123456']]));
    expect(pale).toMatchObject({ uid: 'a', y, legendgroup: 'a' });
    expect(pale!['opacity']).toBeCloseTo(0.28);
    expect(same).toBe(bars);
    expect(twin).toMatchObject({ uid: 'a-smooth', showlegend: false, legendgroup: 'a', opacity: 0.8 });
    expect(twin!['line']).toEqual({ width: 3, color: '#123456' });
    expect(twin).not.toHaveProperty('error_y');
    expect((twin!['y'] as Float64Array)[15]).toBeCloseTo(0.5, 0);
  });

  it('are of lines only', () => {
    expect(isLine({})).toBe(true);
    expect(isLine({ type: 'scatter', mode: 'markers' })).toBe(false);
    expect(isLine({ type: 'scatter3d', mode: 'lines' })).toBe(false);
    expect(withTwins([{ ...line, y: [1, 2, 3] }], 4, new Map())).toHaveLength(1);
  });
});
