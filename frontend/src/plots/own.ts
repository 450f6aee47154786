/**
 * What a person changed on a plot for their own eyes: smoothing, attributes, hidden lines, zoom. It outlives redraws, new data and the
 * drawing itself (panes far off screen are not drawn). The attributes are kept with the person's arrangement; all else ends with the page.
 */

import type { TraceState } from '../live/types';
import type { Attributes } from './maps';
import { metricPage } from './metrics/page.svelte';

export interface Own {
  /** How many neighbours count at each side; 0 draws lines as they are. */
  smoothing: number;
  /** Attributes of the layout, by dotted path. */
  layout: Attributes;
  /** Attributes of traces, by trace key and dotted path. */
  traces: Record<string, Attributes>;
  /** What a press on the legend said, by trace key. */
  visible: Record<string, unknown>;
  /** Ranges of axes, cameras and the like, by dotted path; with what the figure itself said there when the person changed it. */
  view: Record<string, { value: unknown; instead: string }>;
}

const kept = new Map<string, Own>();

/** What the person changed on one window of one env. */
export function ownOf(env: string, win: string): Own {
  const key = `${env}\n${win}`;
  let own = kept.get(key);
  if (!own) kept.set(key, (own = { smoothing: 0, layout: {}, traces: {}, visible: {}, view: {} }));
  return own;
}

/** What of it outlives the page, by window; and, under no window's key, how metric panes are drawn. */
export type Looks = Record<string, Pick<Own, 'layout' | 'traces'> | { metrics: object }>;

const ALL = '';
const keepers = new Map<string, () => void>();
const stops = new Map<string, () => void>();

/** Looks of an env as they were kept; what cannot be read of them is left out. */
export function restoreLooks(env: string, looks: unknown): void {
  for (const [win, look] of Object.entries(mapOf(looks))) {
    if (win === ALL) {
      metricPage(env).restore(mapOf(look)['metrics']);
      continue;
    }
    const { layout, traces } = mapOf(look);
    const own = ownOf(env, win);
    if (countOwn(own) > 0) continue; // changed on this page since
    own.layout = { ...mapOf(layout) };
    own.traces = Object.fromEntries(Object.entries(mapOf(traces)).map(([key, one]) => [key, mapOf(one)]));
  }
}

/** All looks of an env, to be kept. */
export function looksOf(env: string): Looks {
  const metrics = metricPage(env).kept;
  const looks: Looks = hasChoices(metrics) ? { [ALL]: { metrics } } : {};
  for (const [key, own] of kept) {
    if (key.startsWith(`${env}\n`) && countOwn(own) > 0) {
      const traces = Object.entries(own.traces).filter(([, changes]) => Object.keys(changes).length > 0);
      looks[key.slice(env.length + 1)] = { layout: own.layout, traces: Object.fromEntries(traces) };
    }
  }
  return looks;
}

/** Has `keep` called whenever looks of the env changed; one at a time keeps them. */
export function keepLooks(env: string, keep: () => void): void {
  keepers.set(env, keep);
  stops.get(env)?.();
  stops.set(env, metricPage(env).onKept(keep));
}

/** Whoever changed attributes of an `Own` says so here. */
export function changedLooks(env: string): void {
  keepers.get(env)?.();
}

function hasChoices(metrics: object): boolean {
  return Object.values(metrics).some((choices: object) => Object.keys(choices).length > 0);
}

function mapOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

/** A name for each trace that stays when a program sends the figure anew: its own, and which of that name it is. */
export function traceKeys(traces: readonly TraceState[]): string[] {
  const seen = new Map<string, number>();
  return traces.map(({ name, attrs }) => {
    const said = name || (typeof attrs['name'] === 'string' ? attrs['name'] : '');
    const nth = seen.get(said) ?? 0;
    seen.set(said, nth + 1);
    return nth === 0 ? said : `${said}\n${nth}`;
  });
}

/** A trace key as Plotly's uid, which ends up in selectors of CSS: letters, digits, `_` and `-`. */
export function uidOf(key: string): string {
  return `trace-${key.replace(/[^a-z0-9]/gi, (sign) => `_${sign.charCodeAt(0).toString(16)}_`)}`;
}

/** How many attributes the person changed. */
export function countOwn(own: Own): number {
  return (
    Object.keys(own.layout).length +
    Object.values(own.traces).reduce((sum, changes) => sum + Object.keys(changes).length, 0)
  );
}
