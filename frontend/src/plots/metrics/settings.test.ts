import { describe, expect, it } from 'vitest';

import { believed, metricOf } from './settings';

describe('kept settings', () => {
  it('are taken over where they make sense, and left out where not', () => {
    const kept = {
      smoothing: 'ema',
      weight: 1,
      neighbours: 7,
      x: 'metric:lr',
      logY: null,
      envelope: 1,
      more: 2,
    };
    expect(believed(kept)).toEqual({ smoothing: 'ema', neighbours: 7, x: 'metric:lr', logY: null });
    expect(believed({ x: 'somewhere', logX: 'yes' })).toEqual({});
    expect([believed(null), believed('x'), believed([1])]).toEqual([{}, {}, {}]);
  });

  it('say which metric lies along x', () => {
    expect([metricOf('metric:val/loss'), metricOf('wall')]).toEqual(['val/loss', null]);
  });
});
