/** The state of the page of a comparison, as it lies in its address. */

import { modeOf, type WallMode } from '../gallery/sections/kept.svelte';
import { compareAddress } from '../lib/api';
import { type Columns, columnsQuery, type TableState, tableQuery } from '../runs/address';

export interface CompareState {
  envs: readonly string[];
  /** Key of the pane shown alone. */
  alone: string | null;
  /** Null: as the page begins, which is none but on shared pages. */
  filter: string | null;
  /** Sections or the free grid; unsaid: as the person had it last. */
  mode?: WallMode | undefined;
  /** The runs table that is open beside it; `workspace` where the page is the table's own. */
  table?: { state: TableState; columns: Columns; workspace: string | null } | null;
}

/** `path`: of a page that keeps its own, because it is shared. */
export function addressOf(state: CompareState, baseUrl: string, path: string | null = null): string {
  const query = new URLSearchParams();
  if (state.alone !== null) query.set('win', state.alone);
  if (state.filter?.trim() || (state.filter !== null && path !== null)) query.set('filter', state.filter);
  if (state.mode) query.set('wall', state.mode);
  const { table } = state;
  if (table?.workspace === null) query.set('table', 'open');
  const said = table ? [...tableQuery(table.state), ...columnsQuery(table.columns)] : [];
  for (const [name, value] of said) query.append(name, value);
  if (path !== null) return query.size ? `${path}?${query}` : path;
  const address = table?.workspace
    ? runsAddress(baseUrl, table.workspace, state.envs)
    : compareAddress(baseUrl, state.envs);
  return query.size ? `${address}&${query}` : address;
}

/** The runs table of a workspace with these envs ticked: `env=` says that none is. */
export function runsAddress(baseUrl: string, workspace: string, envs: readonly string[]): string {
  const query = envs.map((env) => `env=${encodeURIComponent(env).replaceAll('%2F', '/')}`).join('&');
  return `${baseUrl}/w/${encodeURIComponent(workspace)}/runs?${query || 'env='}`;
}

export function stateOf(url: URL): Omit<CompareState, 'envs' | 'table'> {
  const { searchParams } = url;
  return {
    alone: searchParams.get('win'),
    filter: searchParams.get('filter'),
    mode: modeOf(searchParams.get('wall')),
  };
}
