/** Drawing panes. The libraries are fetched when the first pane that needs them is mounted, and not before. */

import './plots.css';

import type { Mount } from '../live/types';
import { Surface } from './surface.svelte';

/** A metric window (from `log`): fast lines. */
export const mountMetric: Mount = (element, pane, options) =>
  new Surface(element, pane, options, ['png'], 'metric');

/** A plot window: any Plotly figure. */
export const mountPlot: Mount = (element, pane, options) =>
  new Surface(element, pane, options, ['png', 'svg'], 'figure');
