/** The state of the page of a comparison, as it lies in its address. */

import { modeOf, type WallMode } from '../gallery/sections/kept.svelte';
import { compareAddress } from '../lib/api';

export interface CompareState {
  envs: readonly string[];
  /** Key of the pane shown alone. */
  alone: string | null;
  filter: string;
  /** Sections or the free grid; unsaid: as the person had it last. */
  mode?: WallMode | undefined;
}

export function addressOf(state: CompareState, baseUrl: string): string {
  const query = new URLSearchParams();
  if (state.alone !== null) query.set('win', state.alone);
  if (state.filter.trim()) query.set('filter', state.filter);
  if (state.mode) query.set('wall', state.mode);
  const address = compareAddress(baseUrl, state.envs);
  return query.size ? `${address}&${query}` : address;
}

export function stateOf(url: URL): Omit<CompareState, 'envs'> {
  const { searchParams } = url;
  return {
    alone: searchParams.get('win'),
    filter: searchParams.get('filter') ?? '',
    mode: modeOf(searchParams.get('wall')),
  };
}
