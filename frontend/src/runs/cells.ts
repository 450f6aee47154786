/** What the cells of the runs table say. */

import { shortNumber } from '../lib/numbers';
import { exact, relative } from '../lib/time';
import type { MetricCell, RunRow, RunsTable } from './table.svelte';
import { duration, partsOf, shown } from './words';

export interface Said {
  text: string;
  /** In full, where the text leaves something out. */
  title?: string;
  /** What stands behind the text, fainter. */
  aside?: string;
  /** The row has no such value, and the text says so. */
  isNothing?: boolean;
}

type Values = Pick<RunsTable, 'cell' | 'clock' | 'durationOf'>;

const NOTHING: Said = { text: '–', isNothing: true };

/** The value of a column in a row, but for tags, which are no text. */
export function sayCell(table: Values, row: RunRow, column: string): Said {
  switch (column) {
    case 'created':
    case 'updated': {
      const date = new Date(row[column]);
      return { text: relative(date, new Date(table.clock)), title: exact(date) };
    }
    case 'duration':
      return { text: duration(table.durationOf(row)) };
    case 'owner':
      return { text: row.owner ?? '' };
    case 'notes':
      return { text: row.notes, title: row.notes };
  }
  const value = table.cell(row, column);
  if (value === null || value === undefined) return NOTHING;
  const { source, aggregate } = partsOf(column);
  if (source === 'metric') return sayMetric(value as MetricCell, aggregate !== 'last');
  const text = shown(value);
  return { text, title: text };
}

function sayMetric({ value, step }: MetricCell, hasStep: boolean): Said {
  const said: Said = {
    text: shortNumber(value),
    title: step === null ? String(value) : `${value} at step ${step}`,
  };
  if (step !== null && hasStep) said.aside = `@${step}`;
  return said;
}
