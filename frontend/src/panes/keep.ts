/** Keeps changed attributes of a figure on the server, so that everybody sees them. */

import type { LiveEnv, WindowState } from '../live/types';
import { type Own, traceKeys } from '../plots/own';
import { nested, put } from '../plots/paths';
import type { Attributes } from '../plots/maps';
import { api, windowPath } from './rest';

/** One attribute of a trace, by its place, or of the layout (null). */
export async function keepChange(
  live: LiveEnv,
  pane: WindowState,
  trace: number | null,
  path: string,
  value: unknown,
): Promise<void> {
  const change = nested(path, value);
  await api().send(
    'PATCH',
    windowPath(live, pane),
    trace === null ? { layout: change } : { traces: [{ index: trace, set: change }] },
  );
}

/** All that the person changed, at once. */
export async function keepOwn(live: LiveEnv, pane: WindowState, own: Own): Promise<void> {
  const traces = traceKeys(pane.traces).flatMap((key, index) => {
    const set = mapOf(own.traces[key] ?? {});
    return Object.keys(set).length > 0 ? [{ index, set }] : [];
  });
  const layout = mapOf(own.layout);
  await api().send('PATCH', windowPath(live, pane), {
    ...(Object.keys(layout).length > 0 ? { layout } : {}),
    ...(traces.length > 0 ? { traces } : {}),
  });
}

function mapOf(changes: Attributes): Attributes {
  const map: Attributes = {};
  for (const [path, value] of Object.entries(changes)) put(map, path, value);
  return map;
}
