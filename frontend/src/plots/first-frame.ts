/**
 * Tells when the wall is there: `performance.mark('panewall:first-frame')` once every plot on screen has drawn for the first time.
 * Tests and people's scripts measure by it.
 */

import type { LiveEnv } from '../live/types';

export const FIRST_FRAME = 'panewall:first-frame';

const waiting = new Set<object>();
let armed = false;
let done = false;

/** A plot was mounted and will draw. */
export function willDraw(plot: object): void {
  if (!done) waiting.add(plot);
}

/** A plot has drawn, or need not: it is off screen, was taken away, or has an error to show. */
export function hasDrawn(plot: object): void {
  waiting.delete(plot);
  check();
}

/** Waits for the env's first snapshot, lets the page mount its panes, then for the plots. */
export function awaitFirstFrame(live: LiveEnv): void {
  const stop = live.onChange(() => {
    if (live.phase !== 'ready') return;
    stop();
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        armed = true;
        check();
      }),
    );
  });
}

function check(): void {
  if (!armed || done || waiting.size > 0) return;
  done = true;
  performance.mark(FIRST_FRAME);
}
