/** Drawing panes. The libraries are fetched when the first pane that needs them is mounted, and not before. */

import './plots.css';

import type { Mount } from '../live/types';
import type { FigureHandle } from './handle';
import { Surface } from './surface.svelte';

type MountFigure = (...given: Parameters<Mount>) => FigureHandle;

/** A metric window (from `log`): fast lines. */
export const mountMetric: MountFigure = (element, pane, options) =>
  new Surface(element, pane, options, ['png'], 'metric');

/** A plot window: any Plotly figure. */
export const mountPlot: MountFigure = (element, pane, options) =>
  new Surface(element, pane, options, ['png', 'svg'], 'figure');
