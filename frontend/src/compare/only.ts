/** Windows that one env of a comparison alone has. Apart from the rest of comparisons, so that pages of one env need not load it. */

import type { LiveEnv, WindowState } from '../live/types';
import type { Numbered } from './comparison.svelte';

/** The one env that has this pane, or null: several have it, or this is no comparison. */
export function onlyIn(pane: WindowState, live: LiveEnv): Numbered | null {
  if (!('envs' in live)) return null;
  const only = (pane.content as { only?: number | null } | null)?.only ?? null;
  return (live.envs as readonly Numbered[]).find(({ n }) => n === only) ?? null;
}
