/** What a pane can ask of a plot beyond drawing (live/types.ts): what the person changes on it for their own eyes, and the figure itself. */

import type { PlotHandle } from '../live/types';
import type { Attributes } from './maps';

export interface FigureHandle extends PlotHandle {
  /** Smooths lines over 2·n + 1 points; 0 shows them as they are. */
  setSmoothing(n: number): void;
  /** Draws again: what the person changed (own.ts) is different now. */
  redraw(): void;
  /** The figure with all that the library filled in, or null before it was drawn. */
  filled(): { traces: Attributes[]; layout: Attributes } | null;
  /** Whether the library draws an attribute with this value, rather than passing over it. `trace` is its place; null: the layout. */
  accepts(trace: number | null, path: string, value: unknown): boolean;
}
