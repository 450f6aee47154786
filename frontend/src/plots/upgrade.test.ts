import { describe, expect, it } from 'vitest';

import { PlotError } from './painter';
import { upgradeLayout, upgradeTrace } from './upgrade';

describe('an old figure', () => {
  it('keeps its titles, wherever they stand', () => {
    const layout = upgradeLayout({
      title: 'Loss',
      titlefont: { size: 20 },
      xaxis: { title: 'step', titlefont: { color: 'red' } },
      yaxis2: { title: { text: 'new' } },
      scene: { zaxis: { title: 'depth' } },
      coloraxis: { colorbar: { title: 'n', titleside: 'right' } },
    });
    expect(layout).toEqual({
      title: { text: 'Loss', font: { size: 20 } },
      xaxis: { title: { text: 'step', font: { color: 'red' } } },
      yaxis2: { title: { text: 'new' } },
      scene: { zaxis: { title: { text: 'depth' } } },
      coloraxis: { colorbar: { title: { text: 'n', side: 'right' } } },
    });
  });

  it('keeps the places of its texts and its markers', () => {
    const trace = upgradeTrace({
      type: 'scatter',
      textposition: ['right', 'top center'],
      marker: { symbol: 'dot', colorbar: { title: 'x' } },
    });
    expect(trace).toEqual({
      type: 'scatter',
      textposition: ['middle right', 'top center'],
      marker: { symbol: 'circle', colorbar: { title: { text: 'x' } } },
    });
  });

  it('keeps words that other types use', () => {
    expect(upgradeTrace({ type: 'bar', textposition: 'inside' })).toEqual({
      type: 'bar',
      textposition: 'inside',
    });
    expect(upgradeTrace({ type: 'heatmapgl', z: [[1]] })).toEqual({ type: 'heatmap', z: [[1]] });
    expect(upgradeTrace({ type: 'pie', title: 'Parts', titleposition: 'top left' })).toEqual({
      type: 'pie',
      title: { text: 'Parts', position: 'top left' },
    });
  });

  it('is not changed itself', () => {
    const layout = { title: 'Loss', xaxis: { title: 'step' } };
    upgradeLayout(layout);
    expect(layout).toEqual({ title: 'Loss', xaxis: { title: 'step' } });
  });
});

describe('a trace', () => {
  it('without a type is a scatter', () => {
    expect(upgradeTrace({ y: [1] })).toEqual({ type: 'scatter', y: [1] });
  });

  it('of a type that cannot be drawn is refused in words', () => {
    expect(() => upgradeTrace({ type: 'pointcloud' })).toThrow(PlotError);
    expect(() => upgradeTrace({ type: 'pointcloud' })).toThrow('cannot draw traces of type “pointcloud”');
    expect(() => upgradeTrace({ type: 'choropleth' })).toThrow('maps from another host');
    expect(() => upgradeTrace({ type: 'scattermapbox' })).toThrow(PlotError);
  });

  it('gets its arrays from the bytes of the wire, also those of many rows', () => {
    const bdata = new Uint8Array(Float64Array.of(1, 2, 3, 4, 5, 6).buffer);
    const trace = upgradeTrace({
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
