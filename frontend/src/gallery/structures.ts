/** Histograms and tables as programs log them: read from their files, with anything else refused. */

import { shortNumber } from '../lib/numbers';

export interface Histogram {
  readonly counts: readonly number[];
  /** One more than there are counts. */
  readonly edges: readonly number[];
  readonly min: number;
  readonly max: number;
  readonly num: number;
}

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

export function histogramOf(text: string): Histogram | null {
  const map = parsed(text);
  const [counts, edges] = [numbers(map?.['counts']), numbers(map?.['edges'])];
  if (!map || !counts || !edges || counts.length === 0 || edges.length !== counts.length + 1) return null;
  const told = (name: string, otherwise: number): number =>
    typeof map[name] === 'number' ? (map[name] as number) : otherwise;
  return {
    counts,
    edges,
    min: told('min', edges[0]!),
    max: told('max', edges.at(-1)!),
    num: told(
      'num',
      counts.reduce((sum, count) => sum + count, 0),
    ),
  };
}

export function tableOf(text: string): Table | null {
  const map = parsed(text);
  const { columns, rows } = map ?? {};
  if (!Array.isArray(columns) || !Array.isArray(rows) || !rows.every(Array.isArray)) return null;
  return { columns: columns.map(String), rows: rows as unknown[][] };
}

/** A cell of a table as text. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return shortNumber(value);
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function parsed(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function numbers(value: unknown): number[] | null {
  return Array.isArray(value) && value.every((one) => typeof one === 'number') ? (value as number[]) : null;
}
