/** Work that nobody waits for: done in order, a piece at a time, in the pauses of the page. */

const waiting = new Set<() => void>();
let isAsked = false;
/** A browser that is always busy gets to it nonetheless. */
const LATEST_MS = 1_000;
/** Browsers without pauses of their own. */
const PAUSE_MS = 50;

function ask(): void {
  if (isAsked) return;
  isAsked = true;
  if (typeof requestIdleCallback === 'function') requestIdleCallback(run, { timeout: LATEST_MS });
  else setTimeout(run, PAUSE_MS);
}

function run(pause?: IdleDeadline): void {
  isAsked = false;
  for (const work of waiting) {
    waiting.delete(work);
    work();
    if (!pause || pause.timeRemaining() <= 0) break;
  }
  if (waiting.size > 0) ask();
}

/** Returns what calls it off. */
export function whenIdle(work: () => void): () => void {
  waiting.add(work);
  ask();
  return () => waiting.delete(work);
}
