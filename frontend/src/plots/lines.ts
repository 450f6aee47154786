/** Which traces are lines. */

import type { TraceState } from '../live/types';
import type { Attributes } from './maps';

/** Whether a trace is a line that smoothing means something for, WebGL or not. */
export function isLine(attrs: Attributes): boolean {
  const { type, mode } = attrs;
  if (type !== undefined && type !== 'scatter' && type !== 'scattergl') return false;
  return mode === undefined || (typeof mode === 'string' && mode.includes('lines'));
}

export const hasLines = (traces: readonly TraceState[]): boolean => traces.some(({ attrs }) => isLine(attrs));
