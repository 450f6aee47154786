import { describe, expect, it } from 'vitest';

import type { LiveEnv, TraceState } from '../../live/types';
import type { Theme } from '../theme';
import { DEFAULTS, type PageSettings } from './settings';
import type { Given } from './shape';
import { makeShaper } from './shaper';

const theme = { data: ['red', 'green', 'blue'] } as unknown as Theme;

/** Runs by name, each a line of y over the steps 0, 1, 2 … */
function given(
  runs: Record<string, number[]>,
  settings: Partial<PageSettings>,
  more: Partial<Given> = {},
): Given {
  const names = Object.keys(runs);
  return {
    drawables: Object.values(runs).map((y, n) => ({
      trace: { id: n + 1, name: `${n}_loss`, n, attrs: { line: { color: 'own' } } } as unknown as TraceState,
      data: {
        kind: 'whole',
        length: y.length,
        columns: { x: Float64Array.from(y, (_, i) => i), y: Float64Array.from(y) },
      },
    })),
    settings: { ...DEFAULTS, ...settings },
    theme,
    live: {
      name: '',
      env: null,
      envs: names.map((name, n) => ({ n, id: n, name })),
      windows: [],
      want: () => undefined,
    } as unknown as LiveEnv,
    groups: [],
    range: null,
    widthPx: 500,
    ...more,
  };
}

const shape = (of: Given) => makeShaper(() => undefined).shape(of);

describe('smoothed lines', () => {
  it('have the line as it was behind them', () => {
    const { curves } = shape(given({ 'w/a': [0, 10, 0, 10] }, { smoothing: 'ema', weight: 0.5 }));
    expect(curves).toHaveLength(1);
    expect(Array.from(curves[0]!.behind!.y)).toEqual([0, 10, 0, 10]);
    expect(curves[0]!.y[1]).toBeCloseTo(20 / 3, 9);
    expect(curves[0]!.points.y[1]).toBe(curves[0]!.y[1]);
  });

  it('have nothing behind them where they are many', () => {
    const runs = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`w/${i}`, [1, 2, 3]]));
    const { curves } = shape(given(runs, { smoothing: 'ema' }));
    expect(curves).toHaveLength(40);
    expect(curves.every(({ behind }) => behind === null)).toBe(true);
  });
});

describe('groups of runs', () => {
  const runs = { 'w/a': [0, 2], 'w/b': [4, 6], 'w/c': [9, 9], 'w/d': [1, 1] };
  const groups = [
    { label: 'lr: 0.1', envs: ['w/a', 'w/b', 'w/not-here'], colour: 'var(--data-2)' },
    { label: 'lr: 0.2', envs: ['w/c'], colour: '' },
  ];

  it('are a mean within a band each, beside the runs that are in none', () => {
    const { curves } = shape(given(runs, {}, { groups }));
    expect(curves.map(({ label, colour }) => [label, colour])).toEqual([
      ['lr: 0.1 (2)', 'green'],
      ['lr: 0.2 (1)', 'green'],
      ['w/d', 'own'],
    ]);
    const [first] = curves;
    expect([first!.y, first!.band!.low, first!.band!.high].map((values) => Array.from(values))).toEqual([
      [2, 4],
      [0, 2],
      [4, 6],
    ]);
  });

  it('are no more than a hundred, which is said', () => {
    const many = Object.fromEntries(Array.from({ length: 103 }, (_, i) => [`w/${i}`, [i]]));
    const each = Object.keys(many).map((env) => ({ label: env, envs: [env], colour: 'red' }));
    const { curves, notes } = shape(given(many, {}, { groups: each }));
    expect(curves).toHaveLength(100);
    expect(notes).toEqual(['The first 100 of 103 groups are shown.']);
  });
});

it('A metric that is not there is said, and nothing is waited for', () => {
  const { curves, notes, isWaiting } = shape(given({ 'w/a': [1, 2] }, { x: 'metric:lr' }));
  expect(isWaiting).toBe(false);
  expect(curves[0]!.x).toHaveLength(0);
  expect(notes).toEqual(['“lr” is not there for every line.']);
});
