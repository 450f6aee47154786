/** Ranges of axes: from the words of Plotly to the numbers of the data. */

import type { Range } from './painter';

/** A range as Plotly says it, in the numbers of the data. */
export function numericRange(type: string | undefined, range: readonly unknown[] | undefined): Range | null {
  if (!range || range.length !== 2 || !type || type.endsWith('category')) return null;
  const [low, high] = range.map((end) => {
    if (type === 'log') return 10 ** Number(end);
    if (type !== 'date' || typeof end === 'number') return Number(end);
    // Plotly writes dates as in "2026-11-21 20:07:11.5", and means UTC.
    const text = String(end).replace(' ', 'T');
    return Date.parse(text.includes('T') ? `${text}Z` : text);
  }) as [number, number];
  if (!Number.isFinite(low) || !Number.isFinite(high)) return null;
  return low <= high ? [low, high] : [high, low];
}
