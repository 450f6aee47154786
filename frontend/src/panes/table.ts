/** The data of a plot as a table (CSV): every point the server has, not only those that are drawn. */

import { decode } from '@msgpack/msgpack';
import { isWireArray, numbersOf } from '../live/columns';
import type { LiveEnv, TraceState, WindowState } from '../live/types';
import { fetchRaw, windowPath } from './rest';

type Column = ArrayLike<unknown>;
export interface Part {
  name: string;
  /** x is in milliseconds since 1970. */
  dates: boolean;
  columns: Record<string, Column>;
}

/** One line for each point. Traces over the same x stand side by side, others below each other with their name in front. */
export async function tableOf(live: LiveEnv, pane: WindowState): Promise<string> {
  const parts: Part[] = [];
  for (const trace of pane.traces) parts.push(await partOf(live, pane, trace));
  return csv(parts);
}

export function csv(parts: readonly Part[]): string {
  const [only] = parts;
  if (parts.length === 1 && only) {
    const { z } = only.columns;
    return Array.isArray(z) && Array.isArray(z[0]) ? matrix(only.columns) : long([only], false);
  }
  return sharesX(parts) ? wide(parts) : long(parts, true);
}

async function partOf(live: LiveEnv, pane: WindowState, trace: TraceState): Promise<Part> {
  const columns = attributes(trace.attrs);
  const { data } = trace;
  if (data.kind === 'whole') {
    for (const [name, column] of Object.entries(data.columns)) columns[name] = column.slice(0, data.length);
  } else if (trace.columns.length > 0) {
    const path = windowPath(live, pane, `/traces/${trace.index}/data`);
    const answer = await fetchRaw(path, 'application/msgpack');
    const whole = decode(await answer.arrayBuffer()) as { columns: Record<string, unknown> };
    for (const [name, column] of Object.entries(whole.columns)) columns[name] = listed(column);
  }
  return { name: trace.name || `trace ${trace.index + 1}`, dates: trace.dates, columns };
}

/** What of a trace's attributes is a list. */
function attributes(attrs: Record<string, unknown>): Record<string, Column> {
  return Object.fromEntries(
    Object.entries(attrs)
      .filter(([, value]) => Array.isArray(value) || isWireArray(value))
      .map(([name, value]) => [name, listed(value)]),
  );
}

function listed(value: unknown): Column {
  if (!isWireArray(value)) return value as Column;
  const flat = numbersOf(value);
  const shape = Array.isArray(value.shape) ? value.shape : String(value.shape ?? '').split(',');
  if (shape.length !== 2) return flat;
  const width = Number(shape[1]);
  return Array.from({ length: Number(shape[0]) }, (_, i) => [...flat.subarray(i * width, (i + 1) * width)]);
}

function sharesX(parts: readonly Part[]): boolean {
  const first = parts[0]?.columns['x'];
  return (
    first !== undefined &&
    parts.every(({ columns }) => {
      const { x, y } = columns;
      if (!x || !y || x.length !== first.length || 'z' in columns) return false;
      for (let i = 0; i < x.length; i++) if (!Object.is(x[i], first[i])) return false;
      return true;
    })
  );
}

function wide(parts: readonly Part[]): string {
  const lines = [row(['x', ...parts.map(({ name }) => name)])];
  const { columns, dates } = parts[0]!;
  const x = columns['x']!;
  for (let i = 0; i < x.length; i++) {
    lines.push(row([cell(x[i], dates), ...parts.map((part) => part.columns['y']![i])]));
  }
  return lines.join('');
}

function long(parts: readonly Part[], named: boolean): string {
  const names = [...new Set(parts.flatMap(({ columns }) => Object.keys(columns)))];
  const lines = [row([...(named ? ['trace'] : []), ...names])];
  for (const { name, columns, dates } of parts) {
    const length = Math.max(0, ...Object.values(columns).map((column) => column.length));
    for (let i = 0; i < length; i++) {
      const cells = names.map((one) => cell(columns[one]?.[i], dates && one === 'x'));
      lines.push(row(named ? [name, ...cells] : cells));
    }
  }
  return lines.join('');
}

/** A grid of values, with the names of its columns above and those of its rows in front. */
function matrix({ x, y, z }: Record<string, Column>): string {
  const rows = Array.from(z as unknown as unknown[][]);
  const width = Math.max(0, ...rows.map((cells) => cells.length));
  const head = Array.from({ length: width }, (_, i) => x?.[i] ?? i);
  return [row(['', ...head]), ...rows.map((cells, i) => row([y?.[i] ?? i, ...cells]))].join('');
}

function cell(value: unknown, isDate: boolean): unknown {
  return isDate && typeof value === 'number' && Number.isFinite(value)
    ? new Date(value).toISOString()
    : value;
}

function row(cells: readonly unknown[]): string {
  return `${cells.map(written).join(',')}\r\n`;
}

function written(value: unknown): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '';
  if (value === Infinity || value === -Infinity) return value > 0 ? 'inf' : '-inf';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
