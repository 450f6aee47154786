/** Keeps changed attributes of a figure on the server, so that everybody sees them. */

import type { LiveEnv, WindowState } from '../live/types';
import { type Own, traceKeys } from '../plots/own';
import { nested, put } from '../plots/paths';
import type { Attributes } from '../plots/maps';
import { api, windowPath } from './rest';

/** A page that has lost its connection hears of the change when it is back. */
const LATE_MS = 3_000;

/** One attribute of a trace, by its place, or of the layout (null). */
export async function keepChange(
  live: LiveEnv,
  pane: WindowState,
  trace: number | null,
  path: string,
  value: unknown,
): Promise<void> {
  const change = nested(path, value);
  await patch(live, pane, trace === null ? { layout: change } : { traces: [{ index: trace, set: change }] });
}

/** All that the person changed, at once. */
export async function keepOwn(live: LiveEnv, pane: WindowState, own: Own): Promise<void> {
  const traces = traceKeys(pane.traces).flatMap((key, index) => {
    const set = mapOf(own.traces[key] ?? {});
    return Object.keys(set).length > 0 ? [{ index, set }] : [];
  });
  const layout = mapOf(own.layout);
  await patch(live, pane, {
    ...(Object.keys(layout).length > 0 ? { layout } : {}),
    ...(traces.length > 0 ? { traces } : {}),
  });
}

/** Ends when the change is stored and has come to this page, so that nothing jumps when it takes the place of the person's own. */
async function patch(live: LiveEnv, pane: WindowState, body: Attributes): Promise<void> {
  const { revision } = await api().send<{ revision: number }>('PATCH', windowPath(live, pane), body);
  if (pane.rev >= revision) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      stop();
      clearTimeout(late);
      resolve();
    };
    const stop = live.onChange(() => pane.rev >= revision && done());
    const late = setTimeout(done, LATE_MS);
  });
}

function mapOf(changes: Attributes): Attributes {
  const map: Attributes = {};
  for (const [path, value] of Object.entries(changes)) put(map, path, value);
  return map;
}
