/** The colours that a comparison settled, kept in this tab: a page that is loaded anew begins with them. */

import { COLOURS } from '../lib/envColour';

const SLOT = 'panewall.colours';

/** By the envs' full names. */
export function heldColours(): Map<string, number> {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(SLOT) ?? '{}');
    return new Map(Object.entries(kept as object).filter(([, colour]) => isColour(colour)));
  } catch {
    return new Map(); // no storage here, or nothing that can be understood
  }
}

export function holdColours(colours: ReadonlyMap<string, number>): void {
  try {
    sessionStorage.setItem(SLOT, JSON.stringify(Object.fromEntries(colours)));
  } catch {
    // No storage here: they last as long as the page.
  }
}

function isColour(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < COLOURS;
}
