/**
 * The drawing libraries, each fetched when the first pane needs it. What an env drew with last time is remembered on this device, so that
 * the next visit fetches it while the data is on its way.
 */

import type { MakePainter } from './painter';

export type Library = 'metric' | 'figure';

const LOADERS: Record<Library, () => Promise<MakePainter>> = {
  metric: async () => (await import('./metric')).paintMetric,
  figure: async () => (await import('./figure')).paintFigure,
};

const KEY = 'panewall.drawn-with';
const MOST_ENVS = 50;

export function load(library: Library, env: string): Promise<MakePainter> {
  remember(env, library);
  return LOADERS[library]();
}

/** Begins to fetch what this env drew with last time. */
export function warm(env: string): void {
  for (const library of recall()[env] ?? []) {
    // A failure shows itself when a pane asks for the library.
    LOADERS[library]?.().catch(() => undefined);
  }
}

function remember(name: string, library: Library): void {
  const all = recall();
  if (all[name]?.includes(library)) return;
  const { [name]: known = [], ...others } = all;
  const recent = Object.entries(others).slice(1 - MOST_ENVS);
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...Object.fromEntries(recent), [name]: [...known, library] }));
  } catch {
    // Storage is full or forbidden: the next visit begins without a hint.
  }
}

function recall(): Record<string, Library[]> {
  try {
    const all: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    return typeof all === 'object' && all !== null ? (all as Record<string, Library[]>) : {};
  } catch {
    return {};
  }
}
