/** How long to wait before the next attempt to connect: exponential, bounded, and spread so that pages do not come back all at once. */

export const FIRST_MS = 400;
export const LONGEST_MS = 10_000;

/** Milliseconds to wait after so many failed attempts in a row (from 0); `random` is from 0 up to 1. */
export function backoffMs(attempt: number, random: number): number {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 16));
  return ceiling * (0.5 + random / 2);
}
