/**
 * Tells when the wall is there: `performance.mark('panewall:first-frame')` once every plot and picture on screen has drawn for the first
 * time. Tests and people's scripts measure by it.
 */

import type { LiveEnv } from '../live/types';

export const FIRST_FRAME = 'panewall:first-frame';

let lastDrawn: number | undefined;

/** Watches from now until all is drawn: the first snapshot, the panes that the page makes of it, and what they show. */
export function awaitFirstFrame(env: LiveEnv): void {
  const look = (): void => {
    if (isWhole(env)) performance.mark(FIRST_FRAME, { startTime: lastDrawn ?? performance.now() });
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

/** A plot has drawn. Whether it was the last one is looked up in the next frame, when asking for positions costs nothing. */
export function hasDrawn(): void {
  lastDrawn = performance.now();
}

function isWhole(env: LiveEnv): boolean {
  if (env.phase !== 'ready') return false;
  const panes = [...document.querySelectorAll<HTMLElement>('[data-win]')];
  if (panes.length === 0 && env.windows.length > 0) return false;
  return panes.every((pane) => isDrawn(pane) || !isOnScreen(pane));
}

function isDrawn(pane: HTMLElement): boolean {
  const { kind } = pane.dataset;
  if (kind === 'plot' || kind === 'metric') return pane.querySelector('[data-drawn-points]') !== null;
  return [...pane.querySelectorAll('img')].every((picture) => picture.complete || !isOnScreen(picture));
}

function isOnScreen(element: HTMLElement): boolean {
  const { top, bottom, left, right } = element.getBoundingClientRect();
  return bottom >= 0 && right >= 0 && top <= innerHeight && left <= innerWidth;
}
