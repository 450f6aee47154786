import { describe, expect, it } from 'vitest';

import { drawableLayout, drawableTrace } from './drawable';
import { PlotError } from './painter';

describe('a trace', () => {
  it('and a layout are copies', () => {
    const layout = { xaxis: { title: { text: 'step' } }, unsaid: undefined };
    const copy = drawableLayout(layout);
    expect(copy).toEqual({ xaxis: { title: { text: 'step' } } });
    expect(copy['xaxis']).not.toBe(layout.xaxis);
  });

  it('without a type is a scatter', () => {
    expect(drawableTrace({ y: [1] })).toEqual({ type: 'scatter', y: [1] });
  });

  it('of a type that cannot be drawn is refused in words', () => {
    expect(() => drawableTrace({ type: 'pointcloud' })).toThrow(PlotError);
    expect(() => drawableTrace({ type: 'pointcloud' })).toThrow('cannot draw traces of type “pointcloud”');
    expect(() => drawableTrace({ type: 'choropleth' })).toThrow('maps from another host');
    expect(() => drawableTrace({ type: 'scattermapbox' })).toThrow(PlotError);
  });

  it('gets its arrays from the bytes of the wire, also those of many rows', () => {
    const bdata = new Uint8Array(Float64Array.of(1, 2, 3, 4, 5, 6).buffer);
    const trace = drawableTrace({
      type: 'heatmap',
      z: { dtype: 'f8', bdata, shape: [2, 3] },
      x: { dtype: 'f8', bdata },
    });
    expect((trace['z'] as Float64Array[]).map((row) => Array.from(row))).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(trace['x']).toBeInstanceOf(Float64Array);
  });
});
