/** The rows of the property editor: what a figure says, what the person changed, and what people change most. */

import type { WindowState } from '../live/types';
import { type Own, traceKeys } from '../plots/own';
import { get, leaves, type Leaf } from '../plots/paths';
import type { Attributes } from '../plots/maps';

export interface Row {
  path: string;
  value: Leaf['value'];
  /** The person changed it, for their own eyes. */
  isOwn: boolean;
  /** The figure says it; otherwise the value is what is drawn without anybody saying so. */
  isSaid: boolean;
  choices: readonly string[] | null;
}

export interface Section {
  /** Place of the trace; null: the layout. */
  trace: number | null;
  title: string;
  rows: Row[];
}

type Filled = { traces: Attributes[]; layout: Attributes } | null;

const OF_LAYOUT = [
  'title.text',
  'showlegend',
  'xaxis.title.text',
  'xaxis.type',
  'xaxis.showgrid',
  'yaxis.title.text',
  'yaxis.type',
  'yaxis.showgrid',
  'hovermode',
];
const OF_LINES = [
  'name',
  'mode',
  'opacity',
  'showlegend',
  'line.color',
  'line.width',
  'line.dash',
  'line.shape',
];
const OF_MARKERS = ['marker.color', 'marker.size', 'marker.symbol', 'marker.opacity'];
const OF_SCALES = ['name', 'opacity', 'colorscale', 'reversescale', 'showscale', 'zmin', 'zmax'];
const OF_OTHERS = ['name', 'opacity', 'showlegend', 'marker.color'];

const CHOICES: Readonly<Record<string, readonly string[]>> = {
  mode: ['lines', 'markers', 'lines+markers', 'lines+text', 'markers+text', 'text', 'none'],
  dash: ['solid', 'dot', 'dash', 'longdash', 'dashdot', 'longdashdot'],
  shape: ['linear', 'spline', 'hv', 'vh', 'hvh', 'vhv'],
  'xaxis.type': ['linear', 'log', 'date', 'category'],
  'yaxis.type': ['linear', 'log', 'date', 'category'],
  'legend.orientation': ['h', 'v'],
  barmode: ['group', 'stack', 'overlay', 'relative'],
  hovermode: ['closest', 'x', 'y', 'x unified', 'y unified'],
};
/** What tells what a figure is; another value would be another figure. */
const NOT_TO_CHANGE = ['type', 'uid', 'uirevision'];

export function sectionsOf(pane: WindowState, own: Own, filled: Filled): Section[] {
  const keys = traceKeys(pane.traces);
  const traces = pane.traces.map(({ name, attrs }, i): Section => {
    const said = 'name' in attrs || name === '' ? attrs : { name, ...attrs };
    return {
      trace: i,
      title: name ? `Trace ${i + 1}: ${name}` : `Trace ${i + 1}`,
      rows: rowsOf(said, own.traces[keys[i]!] ?? {}, commonOf(attrs), filled?.traces[i]),
    };
  });
  return [
    ...traces,
    { trace: null, title: 'Layout', rows: rowsOf(pane.layout, own.layout, OF_LAYOUT, filled?.layout) },
  ];
}

function rowsOf(
  said: Attributes,
  changed: Attributes,
  common: readonly string[],
  filled: Attributes | undefined,
): Row[] {
  const rows = new Map<string, Row>();
  const put = (path: string, value: Leaf['value'], isOwn: boolean, isSaid: boolean): void => {
    rows.set(path, { path, value, isOwn, isSaid, choices: choicesOf(path) });
  };
  for (const { path, value } of leaves(said))
    if (!NOT_TO_CHANGE.includes(path)) put(path, value, false, true);
  for (const [path, value] of Object.entries(changed)) put(path, value as Leaf['value'], true, true);
  for (const path of common) {
    if (rows.has(path) || rows.has(path.replace(/\.text$/, ''))) continue;
    const value = get(filled, path);
    if (typeof value === 'number' || typeof value === 'boolean') put(path, value, false, false);
    else if (typeof value === 'string') put(path, PLACEHOLDER.test(value) ? '' : value, false, false);
    else if (path.endsWith('.text') || path === 'name') put(path, '', false, false);
  }
  return [...rows.values()];
}

/** What the library writes where nobody said anything. */
const PLACEHOLDER = /^Click to enter/;

function commonOf({ type }: Attributes): readonly string[] {
  if (type === undefined || type === 'scatter' || type === 'scattergl') return [...OF_LINES, ...OF_MARKERS];
  if (type === 'heatmap' || type === 'contour' || type === 'surface') return OF_SCALES;
  return OF_OTHERS;
}

function choicesOf(path: string): readonly string[] | null {
  return CHOICES[path] ?? CHOICES[path.split('.').at(-1)!] ?? null;
}

export const isColour = (path: string): boolean => /colou?r$/i.test(path);

/** A colour as a colour field takes it, or null where it cannot be said so. */
export function toHex(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  if (/^#[0-9a-f]{6}$/i.test(value)) return value.toLowerCase();
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/i.exec(value);
  if (short)
    return `#${short
      .slice(1)
      .map((digit) => digit + digit)
      .join('')}`.toLowerCase();
  const rgb = /^rgba?\(\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*(?:,[^)]*)?\)$/.exec(value);
  if (!rgb) return null;
  return `#${rgb
    .slice(1, 4)
    .map((part) => Math.min(255, Number(part)).toString(16).padStart(2, '0'))
    .join('')}`;
}
