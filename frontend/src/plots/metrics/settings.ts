/** How metric panes are drawn: what is so unless a person says otherwise, and what of a kept choice can be believed. */

/** What lies along x: the step, the time since the run began, the time of day, or the values of another metric at the same steps. */
export type XAxis = 'step' | 'relative' | 'wall' | `metric:${string}`;

export type Smoothing = 'none' | 'ema' | 'savgol';

/** What can be chosen for one pane, or for all of a page. */
export interface MetricSettings {
  smoothing: Smoothing;
  /** Of the moving average: how much of what came before counts, 0 to 0.999. */
  weight: number;
  /** Of Savitzky and Golay's: how many neighbours count at each side. */
  neighbours: number;
  x: XAxis;
  /** null: as the program that made the window said. */
  logX: boolean | null;
  logY: boolean | null;
  /** Whether far-off values may lie outside the range of y. */
  leavesOutliers: boolean;
  /** Whether a thinned line is drawn as its middle within the band from its lowest to its highest values. */
  envelope: boolean;
}

/** What can be chosen for a page only. */
export interface PageSettings extends MetricSettings {
  syncCursor: boolean;
  syncZoom: boolean;
  /** Whether groups of envs are drawn as a mean within a band. */
  groups: boolean;
}

export const DEFAULTS: PageSettings = {
  smoothing: 'none',
  weight: 0.6,
  neighbours: 10,
  x: 'step',
  logX: null,
  logY: null,
  leavesOutliers: false,
  envelope: true,
  syncCursor: true,
  syncZoom: false,
  groups: true,
};

export const MOST_WEIGHT = 0.999;
export const MOST_NEIGHBOURS = 100;
const LONGEST_NAME = 400;

const flag = (value: unknown): boolean => typeof value === 'boolean';
const flagOrNull = (value: unknown): boolean => value === null || flag(value);
const between = (low: number, high: number) => (value: unknown) =>
  typeof value === 'number' && value >= low && value <= high;

const CHECKS: Record<keyof PageSettings, (value: unknown) => boolean> = {
  smoothing: (value) => value === 'none' || value === 'ema' || value === 'savgol',
  weight: between(0, MOST_WEIGHT),
  neighbours: between(1, MOST_NEIGHBOURS),
  x: (value) =>
    value === 'step' ||
    value === 'relative' ||
    value === 'wall' ||
    (typeof value === 'string' && value.startsWith('metric:') && value.length <= LONGEST_NAME),
  logX: flagOrNull,
  logY: flagOrNull,
  leavesOutliers: flag,
  envelope: flag,
  syncCursor: flag,
  syncZoom: flag,
  groups: flag,
};

/** What of something kept elsewhere are settings; the rest is left out. */
export function believed(kept: unknown): Partial<PageSettings> {
  if (typeof kept !== 'object' || kept === null) return {};
  const known = Object.entries(kept).filter(
    ([name, value]) => Object.hasOwn(CHECKS, name) && CHECKS[name as keyof PageSettings](value),
  );
  return Object.fromEntries(known) as Partial<PageSettings>;
}

/** The name of the metric that lies along x, or null. */
export function metricOf(x: XAxis): string | null {
  return x.startsWith('metric:') ? x.slice('metric:'.length) : null;
}
