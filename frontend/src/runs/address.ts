/** What of the runs table lies in the page's address. */

import type { Condition, Filter } from './words';
import { isKnown, OP_WORDS, STATUSES } from './words';

export interface TableState {
  search: string;
  sort: { column: string; descending: boolean } | null;
  filter: Filter;
  statuses: readonly string[];
  group: readonly string[];
  isOnlySelected: boolean;
  /** Whether ticked rows stand above the others. */
  isSelectedFirst: boolean;
  /** Full names of ticked envs that the wall does not show. */
  hidden: readonly string[];
}

export const PLAIN: TableState = {
  search: '',
  sort: null,
  filter: [],
  statuses: [],
  group: [],
  isOnlySelected: false,
  isSelectedFirst: false,
  hidden: [],
};

/** Which columns there are, and which of them are pinned to the left. */
export interface Columns {
  columns: readonly string[];
  pinned: readonly string[];
}

export const USUAL_COLUMNS: Columns = { columns: ['created', 'duration', 'tags', 'notes'], pinned: [] };
const MOST_COLUMNS = 200;
/** Longer than this, they stay out of the address. */
const LONGEST_COLUMNS = 3000;

/** Nothing where they are the usual ones; `column=` alone where there are none. */
export function columnsQuery(shown: Columns): URLSearchParams {
  const query = new URLSearchParams();
  if (areSame(shown, USUAL_COLUMNS)) return query;
  for (const column of shown.columns.length > 0 ? shown.columns : ['']) query.append('column', column);
  for (const column of shown.pinned) query.append('pinned', column);
  return query.toString().length <= LONGEST_COLUMNS ? query : new URLSearchParams();
}

/** Those that the address says, as far as they can be understood; null where it says none. */
export function columnsIn(query: URLSearchParams): Columns | null {
  if (!query.has('column')) return null;
  return columnsOf(query.getAll('column'), query.getAll('pinned'));
}

export function columnsOf(said: readonly unknown[], pinnedToo: readonly unknown[]): Columns {
  const known = said.filter(
    (one): one is string => typeof one === 'string' && isKnown(one) && one !== 'name',
  );
  const columns = [...new Set(known)].slice(0, MOST_COLUMNS);
  const pinned = pinnedToo.filter((one): one is string => columns.includes(one as string));
  return { columns, pinned: [...new Set(pinned)] };
}

export function areSame(one: Columns, other: Columns): boolean {
  return (
    one.columns.join('\n') === other.columns.join('\n') && one.pinned.join('\n') === other.pinned.join('\n')
  );
}

export function tableQuery(state: TableState): URLSearchParams {
  const query = new URLSearchParams();
  if (state.search.trim()) query.set('find', state.search.trim());
  if (state.sort) query.set('sort', (state.sort.descending ? '-' : '') + state.sort.column);
  if (state.filter.length > 0) query.set('where', JSON.stringify(state.filter));
  for (const status of state.statuses) query.append('status', status || 'none');
  for (const column of state.group) query.append('group', column);
  if (state.isOnlySelected) query.set('only', 'selected');
  if (state.isSelectedFirst) query.set('top', 'selected');
  for (const env of state.hidden) query.append('hidden', env);
  return query;
}

/** What the address says, as far as it can be understood. */
export function tableState(query: URLSearchParams): TableState {
  const sort = query.get('sort') ?? '';
  const column = sort.replace(/^-/, '');
  const envs = new Set(query.getAll('env'));
  return {
    search: query.get('find') ?? '',
    sort: isKnown(column) && column !== '' ? { column, descending: sort.startsWith('-') } : null,
    filter: filterOf(query.get('where')),
    statuses: query
      .getAll('status')
      .map((status) => (status === 'none' ? '' : status))
      .filter((status) => (STATUSES as readonly string[]).includes(status)),
    group: query.getAll('group').filter(isKnown).slice(0, 5),
    isOnlySelected: query.get('only') === 'selected',
    isSelectedFirst: query.get('top') === 'selected',
    hidden: query.getAll('hidden').filter((env) => envs.has(env)),
  };
}

function filterOf(text: string | null): Filter {
  try {
    const raw: unknown = JSON.parse(text ?? '[]');
    if (!Array.isArray(raw)) return [];
    return raw
      .filter(Array.isArray)
      .map((group) => group.filter(isCondition))
      .filter((group) => group.length > 0);
  } catch {
    return [];
  }
}

function isCondition(raw: unknown): raw is Condition {
  if (typeof raw !== 'object' || raw === null) return false;
  const { column, op } = raw as Record<string, unknown>;
  return (
    typeof column === 'string' && isKnown(column) && typeof op === 'string' && Object.hasOwn(OP_WORDS, op)
  );
}
