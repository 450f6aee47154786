/** The state of the page that lies in its address, so that a copied address shows the same. */

import { modeOf, type WallMode } from '../gallery/sections/kept.svelte';
import type { Boot } from '../live/types';
import { envAddress } from '../lib/api';

export interface PageState {
  env: string;
  /** Key of the window shown alone. */
  alone: string | null;
  /** Name of the saved view that is shown; null for the person's own arrangement. */
  view: string | null;
  /** Null: as the view has it, and without a view none. */
  filter: string | null;
  /** Sections or the free grid. Unsaid: as the view has it, and without a view as the person had it last. */
  mode?: WallMode | undefined;
}

/** The address of a state. A shared page keeps its own path; a view that its link opens with goes without saying. */
export function addressOf(state: PageState, boot: Boot, path: string): string {
  const query = new URLSearchParams();
  if (state.alone !== null) query.set('win', state.alone);
  if (state.view !== (boot.view ?? null)) query.set('view', state.view ?? '');
  if (state.filter?.trim() || (state.filter !== null && (state.view !== null || boot.shared)))
    query.set('filter', state.filter);
  if (state.mode) query.set('wall', state.mode);
  const where = boot.shared ? path : envAddress(boot.base_url, state.env);
  return query.size ? `${where}?${query}` : where;
}

/** The state of an address. */
export function stateOf(url: URL, boot: Boot): PageState {
  const inner = url.pathname.slice(boot.base_url.length);
  const found = /^\/w\/([^/]+)\/env\/([^/]+)$/.exec(inner);
  const env = boot.shared || !found ? boot.env : `${decode(found[1]!)}/${decode(found[2]!)}`;
  const { searchParams } = url;
  return {
    env,
    alone: searchParams.get('win'),
    view: (searchParams.get('view') ?? boot.view) || null,
    filter: searchParams.get('filter'),
    mode: modeOf(searchParams.get('wall')),
  };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
