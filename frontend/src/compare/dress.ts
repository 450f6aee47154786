/**
 * How the traces of a merged plot look: an env's traces have its colour, and where it has several in one plot, dashes, symbols or patterns
 * tell them apart, the same for the same place in every env.
 */

import type { WireTrace, WireWindow } from '../live/frames';

type Attributes = Record<string, unknown>;

const DASHES = ['solid', 'dash', 'dot', 'dashdot', 'longdash', 'longdashdot'];
/** Those that planes and scenes both have. */
const SYMBOLS = ['circle', 'square', 'diamond', 'cross', 'x', 'circle-open'];
const PATTERNS = ['', '/', '.', 'x', '-', '+'];
const BARS = new Set(['bar', 'histogram', 'barpolar', 'funnel']);
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
  const told = (ways: readonly string[]) => ways[(trace.of ?? 0) % ways.length];
  if (LINES.has(type)) {
    next['line'] = { ...line, color, dash: line['dash'] ?? told(DASHES) };
    // A circle is what clients send that were not asked for a symbol.
    const isOwn = marker['symbol'] !== undefined && marker['symbol'] !== 'circle';
    next['marker'] = { ...marker, symbol: isOwn ? marker['symbol'] : told(SYMBOLS) };
  } else if (BARS.has(type) && told(PATTERNS)) {
    next['marker'] = { ...marker, pattern: { shape: told(PATTERNS), ...mapOf(marker['pattern']) } };
  } else if (type === 'box' || type === 'violin') {
    next['line'] = { ...line, color };
  }
  // Points that have colours of their own keep them: those are data.
  const isData =
    trace.columns.includes('marker.color') ||
    (marker['color'] !== undefined && typeof marker['color'] !== 'string');
  if (!isData) next['marker'] = { ...mapOf(next['marker']), color };
  return next;
}

function mapOf(value: unknown): Attributes {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Attributes) : {};
}
