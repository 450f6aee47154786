/**
 * Figures as older programs write them, in the words of the plotly.js that draws them. Plotly 4 loses string titles and `titlefont`
 * without a word, and draws trace types it does not know as a plain scatter: the first are translated, the second refused.
 */

import { isWireArray, numbersOf } from '../live/columns';
import { PlotError } from './painter';

export type Attributes = Record<string, unknown>;

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

/** Types that went, where another draws the same. */
const RENAMED: Readonly<Record<string, string>> = { heatmapgl: 'heatmap' };

const TEXT_PLACES: Readonly<Record<string, string>> = {
  right: 'middle right',
  left: 'middle left',
  top: 'top center',
  bottom: 'bottom center',
  center: 'middle center',
  middle: 'middle center',
};

const AXIS = /^(?:[xyzabc]axis\d*|radialaxis|angularaxis|realaxis|imaginaryaxis)$/;
const SUBPLOT = /^(?:scene|polar|ternary|smith)\d*$/;

/**
 * A trace that can be drawn: a copy, upgraded, with arrays of the wire as typed arrays.
 *
 * @throws PlotError for a type that cannot be drawn here, in words.
 */
export function upgradeTrace(attrs: Attributes): Attributes {
  const trace = withArrays(attrs);
  const type = upgradeType(trace['type']);
  trace['type'] = type;
  if (type.startsWith('scatter')) {
    trace['textposition'] = each(trace['textposition'], (place) => TEXT_PLACES[place] ?? place);
  }
  const marker = trace['marker'];
  if (isMap(marker)) {
    marker['symbol'] = each(marker['symbol'], (symbol) => (symbol === 'dot' ? 'circle' : symbol));
    upgradeColorbar(marker);
    dropUndefined(marker);
  }
  if (isMap(trace['line'])) upgradeColorbar(trace['line']);
  upgradeColorbar(trace);
  if (type === 'pie' || type === 'funnelarea' || type === 'indicator') upgradeTitle(trace);
  for (const name of ['aaxis', 'baxis']) if (isMap(trace[name])) upgradeTitle(trace[name]);
  dropUndefined(trace);
  return trace;
}

/** A layout that can be drawn: a copy, upgraded. */
export function upgradeLayout(given: Attributes): Attributes {
  const layout = withArrays(given);
  upgradeTitle(layout);
  upgradeAxes(layout);
  for (const [name, value] of Object.entries(layout)) {
    if (SUBPLOT.test(name) && isMap(value)) upgradeAxes(value);
    if (/^coloraxis\d*$/.test(name) && isMap(value)) upgradeColorbar(value);
    if (/^legend\d*$/.test(name) && isMap(value)) upgradeTitle(value);
  }
  dropUndefined(layout);
  return layout;
}

function upgradeType(given: unknown): string {
  const type = typeof given === 'string' && given !== '' ? given : 'scatter';
  const name = RENAMED[type] ?? type;
  if (DRAWN.has(name)) return name;
  if (NEEDS_MAPS.has(name)) {
    throw new PlotError(
      `“${name}” needs maps from another host, and this page loads nothing from elsewhere.`,
    );
  }
  throw new PlotError(`This page cannot draw traces of type “${name}”.`);
}

function upgradeAxes(parent: Attributes): void {
  for (const [name, axis] of Object.entries(parent)) if (AXIS.test(name) && isMap(axis)) upgradeTitle(axis);
}

function upgradeColorbar(parent: Attributes): void {
  if (isMap(parent['colorbar'])) upgradeTitle(parent['colorbar']);
}

/** `title: "x"` with `titlefont`, `titleside`, `titleposition` becomes `title: {text, font, side, position}`. */
function upgradeTitle(parent: Attributes): void {
  const { title } = parent;
  const whole: Attributes = isMap(title) ? title : {};
  if (typeof title === 'string' || typeof title === 'number') whole['text'] = String(title);
  for (const part of ['font', 'side', 'position', 'offset']) {
    const old = `title${part}`;
    if (old in parent) {
      whole[part === 'offset' ? 'standoff' : part] ??= parent[old];
      Reflect.deleteProperty(parent, old);
    }
  }
  if (Object.keys(whole).length > 0) parent['title'] = whole;
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

function each(value: unknown, change: (item: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => (typeof item === 'string' ? change(item) : item));
  return value;
}

function dropUndefined(map: Attributes): void {
  for (const name of Object.keys(map)) if (map[name] === undefined) Reflect.deleteProperty(map, name);
}

export function isMap(value: unknown): value is Attributes {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !ArrayBuffer.isView(value) &&
    !(value instanceof ArrayBuffer)
  );
}
