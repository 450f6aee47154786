/** Smoothed twins of lines: each line of a figure grows pale, and its smoothed course is drawn over it in the same colour. */

import { isLine } from './lines';
import { smooth } from './savitzkyGolay';
import { isMap, type Attributes } from './maps';

/** A pale line is still seen to be there. */
const PALE = 0.35;
const LEAST_POINTS = 6;
const NOT_OF_A_TWIN = [
  'error_x',
  'error_y',
  'fill',
  'fillcolor',
  'text',
  'texttemplate',
  'marker',
  'stackgroup',
];

/**
 * The figure's traces, lines made pale, and after them the twins.
 *
 * @param colors what each line is drawn in, by uid: a twin is drawn in the same.
 */
export function withTwins(
  figures: readonly Attributes[],
  smoothing: number,
  colors: ReadonlyMap<unknown, unknown>,
): Attributes[] {
  const twins: Attributes[] = [];
  const pale = figures.map((figure) => {
    const y = numbers(figure['y']);
    if (!isLine(figure) || !y || y.length < LEAST_POINTS) return figure;
    const uid = String(figure['uid']);
    const group = figure['legendgroup'] ?? uid;
    const line = isMap(figure['line']) ? figure['line'] : {};
    const twin: Attributes = {
      ...figure,
      uid: `${uid}-smooth`,
      y: smooth(y, 2 * smoothing + 1),
      mode: 'lines',
      line: { color: colors.get(figure['uid']), ...line },
      legendgroup: group,
      showlegend: false,
      hoverinfo: 'skip',
    };
    for (const name of NOT_OF_A_TWIN) Reflect.deleteProperty(twin, name);
    twins.push(twin);
    return { ...figure, legendgroup: group, opacity: PALE * Number(figure['opacity'] ?? 1) };
  });
  return [...pale, ...twins];
}

/** Values as numbers, a gap where there is none; undefined where they are no numbers at all. */
function numbers(values: unknown): ArrayLike<number> | undefined {
  if (values instanceof Float64Array) return values;
  if (!Array.isArray(values) || values.some((value) => typeof value === 'string')) return undefined;
  return values.map((value) => (typeof value === 'number' ? value : NaN));
}
