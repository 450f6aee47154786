/** The curves of panes that are drawn in other ways than plain: smoothed, over time or another metric, in groups. */

import { formatValue } from '../series';
import { smooth } from '../savitzkyGolay';
import { dataColor, type Theme } from '../theme';
import { Against } from './against';
import { inOrder, type Curve, type Points } from './curves';
import { ema } from './ema';
import { together, type Member } from './groups';
import { metricOf, type PageSettings } from './settings';
import {
  hasEnvelopes,
  lineOf,
  looksOf,
  type Given,
  type Line,
  type MakeShaper,
  type Shaped,
  type Shaper,
} from './shape';
import { Times } from './times';

/** Of more lines the pale courses behind the smoothed ones would hide them. */
const MOST_BEHIND = 24;
/** More groups are not told apart any more. */
const MOST_GROUPS = 100;

export const makeShaper: MakeShaper = (redraw) => new Shaping(redraw);

class Shaping implements Shaper {
  readonly #times: Times;
  readonly #against: Against;

  constructor(redraw: () => void) {
    this.#times = new Times(redraw);
    this.#against = new Against(redraw);
  }

  shape(given: Given): Shaped {
    const { settings, drawables } = given;
    const notes = new Set<string>();
    let isWaiting = false;
    const metric = metricOf(settings.x);
    const x = settings.x === 'relative' || settings.x === 'wall' ? settings.x : 'step';
    this.#times.watch(x === 'step' ? null : given);
    this.#against.watch(metric === null ? null : given, metric ?? '');
    let curves: Curve[] = [];
    drawables.forEach((drawable, i) => {
      const withEnvelope = hasEnvelopes(given) || hasGroups(given);
      let line: Line | null;
      if (metric !== null) line = this.#against.lineOf(drawable, notes);
      else if (x === 'step') line = lineOf(drawable.data, withEnvelope);
      else line = this.#times.lineOf(drawable, x, withEnvelope, notes);
      isWaiting ||= line === null;
      if (line !== null) curves.push({ ...looksOf(given, drawable.trace, i), ...line });
    });
    if (isWaiting) notes.add(metric === null ? 'Times are on their way.' : `“${metric}” is on its way.`);
    const bucket = Math.max(0, ...drawables.map(({ data }) => (data.kind === 'thinned' ? data.bucket : 0)));
    if (settings.smoothing !== 'none') {
      const withBehind = curves.length <= MOST_BEHIND;
      curves = curves.map((curve) => ({ ...curve, ...smoothedLine(curve, settings, withBehind) }));
      if (bucket > 1) notes.add(`Smoothed over stretches of ${formatValue(bucket)} points.`);
    }
    if (hasGroups(given)) curves = grouped(given, curves, notes);
    return { curves, notes: [...notes], isWaiting };
  }

  destroy(): void {
    this.#times.watch(null);
    this.#against.watch(null, '');
  }
}

/** A line smoothed from point to point; the band of a thinned one, or the line itself, stays behind it. */
function smoothedLine(line: Line, settings: PageSettings, withBehind: boolean): Line {
  const { x, band, rises } = line;
  const smoothed = { x, y: smoothedOf(line, settings) };
  return {
    ...smoothed,
    points: rises ? smoothed : inOrder(smoothed).points,
    band,
    behind: band || !withBehind ? null : { x, y: line.y },
    rises,
  };
}

function smoothedOf({ y }: Points, { smoothing, weight, neighbours }: PageSettings): Float64Array {
  return smoothing === 'ema' ? ema(y, weight) : smooth(y, 2 * neighbours + 1);
}

const hasGroups = ({ settings, groups }: Given): boolean => settings.groups && groups.length > 0;

/** One curve for each group, and for each env that is in none. */
function grouped(given: Given, curves: readonly Curve[], notes: Set<string>): Curve[] {
  const shown = given.groups.slice(0, MOST_GROUPS);
  if (shown.length < given.groups.length) {
    notes.add(`The first ${MOST_GROUPS} of ${given.groups.length} groups are shown.`);
  }
  const left = new Map(curves.map((curve) => [curve.label, curve]));
  const means = shown.flatMap((group, i): Curve[] => {
    const members = group.envs.flatMap((env) => memberOf(left.get(env)));
    for (const env of group.envs) left.delete(env);
    if (members.length === 0) return [];
    const { mean, band } = together(members);
    return [
      {
        id: -1 - i,
        label: `${group.label} (${members.length})`,
        colour: canvasColour(group.colour, given.theme, i),
        dash: [],
        ...mean,
        points: mean,
        band,
        behind: null,
        rises: true,
      },
    ];
  });
  const beyond = new Set(given.groups.slice(MOST_GROUPS).flatMap(({ envs }) => envs));
  return [...means, ...[...left.values()].filter(({ label }) => !beyond.has(label))];
}

/** A curve as groups take it: in order of x. */
function memberOf(curve: Curve | undefined): Member[] {
  if (!curve) return [];
  return [curve.rises ? curve : { ...curve.points, band: null }];
}

/** A colour as canvases take it: style sheets name the ten data colours by their custom properties. */
function canvasColour(colour: string, theme: Theme, index: number): string {
  const named = /^var\(--data-(\d+)\)$/.exec(colour);
  if (named) return dataColor(theme, Number(named[1]) - 1);
  return colour || dataColor(theme, index);
}
