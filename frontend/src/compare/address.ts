/** The state of the page of a comparison, as it lies in its address. */

import { compareAddress } from '../lib/api';

export interface CompareState {
  envs: readonly string[];
  /** Key of the pane shown alone. */
  alone: string | null;
  filter: string;
}

export function addressOf(state: CompareState, baseUrl: string): string {
  const query = new URLSearchParams();
  if (state.alone !== null) query.set('win', state.alone);
  if (state.filter.trim()) query.set('filter', state.filter);
  const address = compareAddress(baseUrl, state.envs);
  return query.size ? `${address}&${query}` : address;
}

export function stateOf(url: URL): Omit<CompareState, 'envs'> {
  return { alone: url.searchParams.get('win'), filter: url.searchParams.get('filter') ?? '' };
}
