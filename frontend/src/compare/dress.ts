/**
 * How the traces of a merged plot look: an env's lines have its colour, and where it has several in one plot, dashes tell them apart, the
 * same for the same place in every env.
 */

import type { WireTrace, WireWindow } from '../live/frames';

type Attributes = Record<string, unknown>;

const DASHES = ['solid', 'dash', 'dot', 'dashdot', 'longdash', 'longdashdot'];
const LINES = new Set([
  'scatter',
  'scattergl',
  'scatter3d',
  'scatterpolar',
  'scatterpolargl',
  'scatterternary',
  'scattersmith',
]);

/** The window with its traces dressed; those that are nobody's in particular stay as they are. */
export function dressed(look: WireWindow, colourOf: (n: number) => string): WireWindow {
  if (!look.traces.some((trace) => trace.n !== undefined)) return look;
  return {
    ...look,
    traces: look.traces.map((trace) =>
      trace.n === undefined ? trace : { ...trace, attrs: attributesOf(trace, colourOf(trace.n)) },
    ),
  };
}

function attributesOf(trace: WireTrace, color: string): Attributes {
  const { attrs } = trace;
  const type = String(attrs['type'] ?? 'scatter');
  const line = mapOf(attrs['line']);
  const marker = mapOf(attrs['marker']);
  const next: Attributes = { ...attrs };
  if (LINES.has(type)) {
    next['line'] = { ...line, color, dash: line['dash'] ?? DASHES[(trace.of ?? 0) % DASHES.length] };
  } else if (type === 'box' || type === 'violin') {
    next['line'] = { ...line, color };
  }
  // Points that have colours of their own keep them: those are data.
  const isData =
    trace.columns.includes('marker.color') ||
    (marker['color'] !== undefined && typeof marker['color'] !== 'string');
  if (!isData) next['marker'] = { ...marker, color };
  return next;
}

function mapOf(value: unknown): Attributes {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Attributes) : {};
}
