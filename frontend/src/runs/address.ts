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
