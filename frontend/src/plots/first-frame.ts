/**
 * Tells when the wall is there: `performance.mark('panewall:first-frame')` once every plot and picture on screen has drawn for the first
 * time. Tests and people's scripts measure by it.
 */

import type { LiveEnv } from '../live/types';

export const FIRST_FRAME = 'panewall:first-frame';

let live: LiveEnv | null = null;
let done = false;

/** Watches from now until all is drawn: the first snapshot, the panes that the page makes of it, and what they show. */
export function awaitFirstFrame(env: LiveEnv): void {
  live = env;
  const look = (): void => {
    checkFirstFrame();
    if (!done) requestAnimationFrame(look);
  };
  look();
}

/** A plot has drawn: was it the last one? */
export function checkFirstFrame(): void {
  if (done || live?.phase !== 'ready') return;
  const panes = [...document.querySelectorAll<HTMLElement>('[data-win]')];
  if (panes.length === 0 && live.windows.length > 0) return;
  if (panes.some((pane) => isOnScreen(pane) && !isDrawn(pane))) return;
  done = true;
  performance.mark(FIRST_FRAME);
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
