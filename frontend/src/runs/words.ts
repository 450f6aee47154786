/** Columns, conditions and values of the runs table in words, and conditions as the server takes them. */

import { shortNumber } from '../lib/numbers';
import { spanOf } from './dates';

export type Aggregate = 'last' | 'min' | 'max' | 'mean' | 'count';
export const AGGREGATES: readonly Aggregate[] = ['last', 'min', 'max', 'mean', 'count'];

export const FIELDS: Readonly<Record<string, string>> = {
  name: 'Name',
  status: 'Status',
  created: 'Created',
  updated: 'Updated',
  duration: 'Duration',
  owner: 'Owner',
  tags: 'Tags',
  notes: 'Notes',
  prefix: 'Name prefix',
};
export const STATUSES = ['running', 'finished', 'failed', 'stalled', ''] as const;

export type Kind = 'text' | 'number' | 'date' | 'tags' | 'mixed';

export interface ColumnParts {
  source: 'field' | 'config' | 'metric' | 'tag';
  name: string;
  aggregate: Aggregate | null;
}

/** `metric:min:val/loss` in its parts. */
export function partsOf(column: string): ColumnParts {
  const [source = '', ...rest] = column.split(':');
  if (source === 'config' || source === 'tag') return { source, name: rest.join(':'), aggregate: null };
  if (source === 'metric')
    return { source, name: rest.slice(1).join(':'), aggregate: (rest[0] ?? 'last') as Aggregate };
  return { source: 'field', name: column, aggregate: null };
}

export function kindOf(column: string): Kind {
  const { source, name } = partsOf(column);
  if (source === 'metric') return 'number';
  if (source === 'tag') return 'text';
  if (source === 'config') return 'mixed';
  if (name === 'created' || name === 'updated') return 'date';
  if (name === 'duration') return 'number';
  return name === 'tags' ? 'tags' : 'text';
}

/** What stands in the column's head. */
export function labelOf(column: string): string {
  const { source, name, aggregate } = partsOf(column);
  if (source === 'field') return FIELDS[name] ?? name;
  return aggregate ? `${name} (${aggregate})` : source === 'tag' ? `${name}:` : name;
}

export function isKnown(column: string): boolean {
  const { source, name, aggregate } = partsOf(column);
  if (source === 'field') return Object.hasOwn(FIELDS, name);
  return name !== '' && (source !== 'metric' || (aggregate !== null && AGGREGATES.includes(aggregate)));
}

/** Tags and notes are no order; everything else is. */
export function canSort(column: string): boolean {
  return column !== 'tags' && column !== 'notes';
}

/* -- values --------------------------------------------------------------------------------------------- */

/** A value of a config as its cell shows it. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return shortNumber(value);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** `3d 4h`, `12m 5s`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts: [number, string][] = [
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor(whole / 3600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'm'],
    [whole % 60, 's'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return '0s';
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => count + unit)
    .join(' ');
}

/* -- conditions ------------------------------------------------------------------------------------------- */

export type Op =
  | 'contains' | 'not_contains' | '=' | '!=' | '>' | '>=' | '<' | '<=' | 'between' | 'not_between'
  | 'any_of' | 'none_of' | 'all_of' | 'exists' | 'not_exists'; // prettier-ignore

export interface Condition {
  column: string;
  op: Op;
  value?: unknown;
}

/** All of the groups hold; of each group, any condition. */
export type Filter = readonly (readonly Condition[])[];

export const OP_WORDS: Readonly<Record<Op, string>> = {
  contains: 'contains',
  not_contains: 'does not contain',
  '=': '=',
  '!=': '≠',
  '>': '>',
  '>=': '≥',
  '<': '<',
  '<=': '≤',
  between: 'between',
  not_between: 'not between',
  any_of: 'any of',
  none_of: 'none of',
  all_of: 'all of',
  exists: 'exists',
  not_exists: 'does not exist',
};

const DATE_WORDS: Readonly<Partial<Record<Op, string>>> = {
  '=': 'is',
  '!=': 'is not',
  '>': 'after',
  '>=': 'on or after',
  '<': 'before',
  '<=': 'on or before',
};

/** How a comparison is called: dates lie before and after each other. */
export function opWords(kind: Kind, op: Op): string {
  return (kind === 'date' ? DATE_WORDS[op] : undefined) ?? OP_WORDS[op];
}

const TEXT: readonly Op[] = ['contains', 'not_contains', '=', '!=', 'any_of', 'none_of'];
const NUMBER: readonly Op[] = ['=', '!=', '>', '>=', '<', '<=', 'between', 'not_between'];
const EXISTS: readonly Op[] = ['exists', 'not_exists'];

export function opsOf(kind: Kind): readonly Op[] {
  switch (kind) {
    case 'text':
      return [...TEXT, ...EXISTS];
    case 'number':
      return [...NUMBER, ...EXISTS];
    case 'date':
      return ['=', '!=', '<', '<=', '>', '>=', 'between', 'not_between'];
    case 'tags':
      return ['any_of', 'all_of', 'none_of', 'contains', 'not_contains', ...EXISTS];
    case 'mixed':
      return [
        '=',
        '!=',
        '>',
        '>=',
        '<',
        '<=',
        'between',
        'not_between',
        'contains',
        'not_contains',
        'any_of',
        'none_of',
        ...EXISTS,
      ];
  }
}

/** What was typed as the server takes it; null where it is nothing that can be asked. */
export function valueOf(kind: Kind, op: Op, typed: string): unknown {
  const text = typed.trim();
  if (op === 'exists' || op === 'not_exists') return undefined;
  if (op === 'contains' || op === 'not_contains') return text === '' ? null : text;
  const list = text.split(',').map((part) => part.trim()).filter((part) => part !== ''); // prettier-ignore
  if (op === 'any_of' || op === 'none_of' || op === 'all_of') return list.length > 0 ? list : null;
  if (op === 'between' || op === 'not_between') {
    const bounds = text.split(/\s*(?:,|…|\.\.|\band\b)\s*/).filter((part) => part !== '').map((part) => scalar(kind, part)); // prettier-ignore
    return bounds.length === 2 && bounds.every((bound) => bound !== null && typeof bound === bounds0(kind))
      ? bounds
      : null;
  }
  const isOrder = op !== '=' && op !== '!=';
  // A config holds 7 and "7", and both look the same: the server finds either for the text.
  const value = text === '' ? null : kind === 'mixed' && !isOrder ? text : scalar(kind, text);
  return isOrder && kind !== 'date' && typeof value !== 'number' ? null : value;
}

/** What has to be typed for a comparison. */
export function needed(kind: Kind, op: Op): string {
  const isDate = kind === 'date';
  switch (op) {
    case 'between':
    case 'not_between':
      return isDate ? 'two dates, such as 2026-01-01, 2026-02-01' : 'two numbers, such as 0.1, 0.5';
    case 'any_of':
    case 'none_of':
    case 'all_of':
      return 'one value or several, with commas between them';
    case 'contains':
    case 'not_contains':
      return 'a text';
  }
  if (isDate) return 'a date, such as 2026-01-31 or 2026-01-31 14:30';
  return kind === 'number' || (op !== '=' && op !== '!=') ? 'a number, such as 0.1' : 'a value';
}

const bounds0 = (kind: Kind) => (kind === 'date' ? 'string' : 'number');

function scalar(kind: Kind, text: string): string | number | null {
  if (kind === 'date') return spanOf(text) ? text : null;
  const number = Number(text);
  if (Number.isFinite(number) && kind !== 'text') return number;
  return kind === 'number' ? null : text;
}

/** `lr > 0.1`, as a chip says it. */
export function said(condition: Condition, label = labelOf(condition.column)): string {
  const { column, op, value } = condition;
  const text = Array.isArray(value)
    ? value.map(shown).join(op === 'between' || op === 'not_between' ? ' … ' : ', ')
    : shown(value);
  return [label, opWords(kindOf(column), op), text].filter((part) => part !== '').join(' ');
}

/** The filter as the server takes it, with the chosen states of runs. */
export function asked(filter: Filter, statuses: readonly string[]): object | null {
  const parts: object[] = filter
    .filter((group) => group.length > 0)
    .map((group) => ({ any: group.map((one) => (kindOf(one.column) === 'date' ? inMoments(one) : one)) }));
  if (statuses.length > 0) {
    parts.push({ column: 'status', op: 'any_of', value: statuses });
  }
  return parts.length > 0 ? { all: parts } : null;
}

/** A condition on a date by moments, which are the same to every clock. One that cannot be understood is left to the server to refuse. */
function inMoments(condition: Condition): object {
  const { column, op, value } = condition;
  const spans = (Array.isArray(value) ? value : [value]).map((one) => spanOf(String(one)));
  const [one, other = one] = [...spans].sort((a, b) => (a?.from.getTime() ?? 0) - (b?.from.getTime() ?? 0));
  if (!one || !other) return condition;
  const is = (how: Op, moment: Date) => ({ column, op: how, value: moment.toISOString() });
  switch (op) {
    case '=':
    case 'between':
      return { all: [is('>=', one.from), is('<', other.to)] };
    case '!=':
    case 'not_between':
      return { any: [is('<', one.from), is('>=', other.to)] };
    case '>':
      return is('>=', one.to);
    case '>=':
      return is('>=', one.from);
    case '<':
      return is('<', one.from);
    case '<=':
      return is('<', one.to);
  }
  return condition;
}
