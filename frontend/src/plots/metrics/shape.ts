/** From the traces of a pane to the curves that are drawn. What most panes need is here; the rest (shaper.ts) is fetched when chosen. */

import { envColourIn } from '../../lib/envColour';
import type { LiveEnv, TraceData, TraceState } from '../../live/types';
import type { RunGroup } from '../../runs/groups.svelte';
import type { Drawable } from '../painter';
import { dataColor, type Theme } from '../theme';
import { envelope, inOrder, NOTHING, pointsOf, type Band, type Curve, type Points } from './curves';
import type { Range } from './ranges';
import type { PageSettings } from './settings';

/** All that curves are made of. */
export interface Given {
  drawables: readonly Drawable[];
  settings: PageSettings;
  theme: Theme;
  live: LiveEnv;
  groups: readonly RunGroup[];
  /** The range of x that was chosen, in what lies along x. */
  range: Range | null;
  widthPx: number;
}

export interface Shaped {
  curves: readonly Curve[];
  /** What a person should know of how they came about, in words. */
  notes: readonly string[];
  /** Something is still on its way from the server. */
  isWaiting: boolean;
}

/** Makes curves in the ways that are fetched when they are needed. */
export interface Shaper {
  shape(given: Given): Shaped;
  destroy(): void;
}

export type MakeShaper = (redraw: () => void) => Shaper;

/** So many lines may have their bands of lowest to highest; of more the bands would be all there is to see. */
const MOST_ENVELOPES = 30;

const DASHES: Readonly<Record<string, readonly number[]>> = {
  dash: [7, 4],
  dot: [1.5, 3],
  dashdot: [7, 3, 1.5, 3],
  longdash: [12, 5],
  longdashdot: [12, 4, 1.5, 4],
};

export function isPlain({ settings, groups }: Given): boolean {
  return settings.smoothing === 'none' && settings.x === 'step' && !(settings.groups && groups.length > 0);
}

export function plain(given: Given): Shaped {
  const curves = given.drawables.map((drawable, i) => ({
    ...looksOf(given, drawable.trace, i),
    ...lineOf(drawable.data, hasEnvelopes(given)),
  }));
  return { curves, notes: [], isWaiting: false };
}

export const hasEnvelopes = ({ settings, drawables }: Given): boolean =>
  settings.envelope && drawables.length <= MOST_ENVELOPES;

type Looks = Pick<Curve, 'id' | 'label' | 'colour' | 'dash'>;
export type Line = Omit<Curve, keyof Looks>;

const lines = new WeakMap<TraceData, Map<boolean, Line>>();

/** A trace's points as a line; the same object as long as the page holds the same points. */
export function lineOf(data: TraceData, withEnvelope: boolean): Line {
  let known = lines.get(data);
  if (!known) lines.set(data, (known = new Map()));
  let line = known.get(withEnvelope);
  if (!line) known.set(withEnvelope, (line = makeLine(data, withEnvelope)));
  return line;
}

function makeLine(data: TraceData, withEnvelope: boolean): Line {
  const { points } = inOrder(pointsOf(data) ?? NOTHING);
  let line = points;
  let band: Band | null = null;
  if (withEnvelope && data.kind === 'thinned' && data.bucket > 1 && data.note === null) {
    ({ middle: line, band } = envelope(points, data.pos, data.bucket));
  }
  return madeOf(line, points, band);
}

export function madeOf(line: Points, points: Points, band: Band | null): Line {
  return { x: line.x, y: line.y, points, band, behind: null, rises: true };
}

/** What a line is called and looks like: in its env's colour, and where several envs are shown, under its env's name. */
export function looksOf({ live, theme }: Given, trace: TraceState, index: number): Looks {
  const line = trace.attrs['line'] as { color?: unknown; dash?: unknown } | undefined;
  const env = trace.n === undefined ? undefined : live.envs?.find(({ n }) => n === trace.n);
  const own = envColourIn(theme.data, live.env ? `${live.env.workspace}/${live.env.name}` : live.name);
  return {
    id: trace.id,
    label: env?.name ?? trace.name,
    colour:
      typeof line?.color === 'string'
        ? line.color
        : index === 0
          ? own
          : dataColor(theme, theme.data.indexOf(own) + index),
    dash: DASHES[String(line?.dash)] ?? [],
  };
}
