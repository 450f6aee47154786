/** What the common frame of all plots (surface.svelte.ts) asks of the library that draws. */

import type { LiveEnv, TraceData, TraceState, WindowState } from '../live/types';
import type { RunGroup } from '../runs/groups.svelte';
import type { Own } from './own';
import type { Theme } from './theme';
import type { Attributes } from './maps';

export type Range = readonly [number, number];

/** One trace, with the best points there are for what is on screen. */
export interface Drawable {
  trace: TraceState;
  data: TraceData;
}

/** All that a plot shows. */
export interface Scene {
  title: string;
  opts: Record<string, unknown>;
  layout: Record<string, unknown>;
  traces: readonly Drawable[];
  theme: Theme;
  width: number;
  height: number;
  /** The range of x that the person chose, or null for all. */
  range: Range | null;
  /** What the person changed for their own eyes. */
  own: Own;
}

/** Which lines a painter wants finer: traces by the x axis they lie on, with the range that is on screen. */
export interface AxisView {
  axis: string;
  traces: readonly TraceState[];
  range: Range | null;
  /** Thinned for no more pixels than this, however wide the drawing is. */
  mostPx?: number;
}

export interface Painter {
  /** Draws the scene; resolves (or returns) with the number of points drawn. Throws a PlotError for what cannot be drawn. */
  draw(scene: Scene): number | Promise<number>;
  /** What is on screen, axis by axis. */
  views(scene: Scene): AxisView[];
  /** Forgets zoom and hidden traces; the next draw shows all. */
  reset(): void;
  toImage(format: 'png' | 'svg'): Promise<Blob>;
  /** The figure as the library filled it in, or null before it was drawn; libraries that fill nothing in leave it out. */
  filled?(): { traces: Attributes[]; layout: Attributes } | null;
  /** See FigureHandle. */
  accepts?(trace: number | null, path: string, value: unknown): boolean;
  destroy(): void;
}

export interface PainterHost {
  element: HTMLElement;
  live: LiveEnv;
  pane: WindowState;
  /** The groups of envs that the page is sorted into; none on most. */
  groups(): readonly RunGroup[];
  /** The person chose a range of x on an axis (`x` is the first); null: all. */
  zoomed(axis: string, range: Range | null): void;
  /** Something that the painter shows by itself changed: draw again. */
  redraw(): void;
}

export type MakePainter = (host: PainterHost) => Painter;

/** A figure that cannot be shown as it is meant; the message says why, in words for the person who looks at the pane. */
export class PlotError extends Error {}
