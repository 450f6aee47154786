/**
 * From what the wire brings to what Plotly takes: copies of attributes, with the wire's arrays as typed ones. Plotly draws trace types it
 * does not know as a plain scatter, without a word; here they are refused. (Older figures are upgraded by the server.)
 */

import { isWireArray, numbersOf } from '../live/columns';
import { isMap, type Attributes } from './maps';
import { PlotError } from './painter';

/** What the bundled plotly.js draws, all of it from this page's own files. */
const DRAWN = new Set(
  (
    'scatter bar box heatmap histogram histogram2d histogram2dcontour contour scatterternary violin funnel waterfall image pie ' +
    'sunburst treemap icicle funnelarea scatter3d surface isosurface volume mesh3d cone streamtube scattergl splom parcoords parcats ' +
    'sankey indicator table carpet scattercarpet contourcarpet ohlc candlestick scatterpolar scatterpolargl barpolar scattersmith quiver'
  ).split(' '),
);

const NEEDS_MAPS = new Set(
  'scattergeo choropleth scattermap choroplethmap densitymap scattermapbox choroplethmapbox densitymapbox'.split(
    ' ',
  ),
);

/**
 * A trace that can be drawn.
 *
 * @throws PlotError for a type that cannot be drawn here, in words.
 */
export function drawableTrace(attrs: Attributes): Attributes {
  const type = typeOf(attrs['type']);
  return { ...drawableLayout(attrs), type };
}

export function drawableLayout(given: Attributes): Attributes {
  const layout = withArrays(given);
  dropUndefined(layout);
  return layout;
}

function typeOf(given: unknown): string {
  const type = typeof given === 'string' && given !== '' ? given : 'scatter';
  if (DRAWN.has(type)) return type;
  if (NEEDS_MAPS.has(type)) {
    throw new PlotError(
      `“${type}” needs maps from another host, and this page loads nothing from elsewhere.`,
    );
  }
  throw new PlotError(`This page cannot draw traces of type “${type}”.`);
}

/** A deep copy of maps, with wire arrays read: flat ones as typed arrays, others as rows. Other arrays are shared, unless maps lie in them. */
function withArrays(map: Attributes): Attributes {
  return Object.fromEntries(Object.entries(map).map(([name, value]) => [name, copied(value)]));
}

function copied(value: unknown): unknown {
  if (isWireArray(value)) return rows(numbersOf(value), value.shape);
  if (Array.isArray(value))
    return value.some((item) => typeof item === 'object' && item !== null) ? value.map(copied) : value;
  return isMap(value) ? withArrays(value) : value;
}

function rows(flat: Float64Array, shape: unknown): unknown {
  const sizes = (typeof shape === 'string' ? shape.split(',') : Array.isArray(shape) ? shape : []).map(
    Number,
  );
  if (sizes.length < 2) return flat;
  const [first, ...rest] = sizes as [number, ...number[]];
  const size = rest.reduce((product, n) => product * n, 1);
  return Array.from({ length: first }, (_, i) => rows(flat.subarray(i * size, (i + 1) * size), rest));
}

function dropUndefined(map: Attributes): void {
  for (const name of Object.keys(map)) if (map[name] === undefined) Reflect.deleteProperty(map, name);
}
