import { describe, expect, it } from 'vitest';
import { remember, restore } from './view';

describe('what a hand did on a figure', () => {
  it('is said again, until the figure fixes another range itself', () => {
    const view = {};
    const said = { xaxis: { title: { text: 'x' } }, yaxis: { range: [0, 9] } };
    remember(
      view,
      { 'xaxis.range[0]': 3, 'xaxis.range[1]': 7, 'yaxis.range[0]': 1, 'yaxis.range[1]': 2 },
      said,
    );
    remember(view, { 'scene.camera': { eye: { x: 1 } }, width: 500 }, said);
    const layout = structuredClone(said);
    restore(view, layout, said);
    expect(layout).toEqual({
      xaxis: { title: { text: 'x' }, range: [3, 7] },
      yaxis: { range: [1, 2] },
      scene: { camera: { eye: { x: 1 } } },
    });
    const changed = { yaxis: { range: [0, 20] } };
    const next = structuredClone(changed);
    restore(view, next, changed);
    expect(next.yaxis).toEqual({ range: [0, 20] });
    expect(next).toHaveProperty('xaxis.range', [3, 7]);
  });

  it('ends when the axis shows all again', () => {
    const view = {};
    remember(view, { 'xaxis2.range[0]': 3, 'xaxis2.range[1]': 7 }, {});
    remember(view, { 'xaxis2.autorange': true }, {});
    expect(view).toEqual({});
  });
});
