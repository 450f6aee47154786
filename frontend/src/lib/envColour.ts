/**
 * The colour of an env: the same in its lines, its row, its legend, its pins and its cells, on every page and every machine. Unless
 * somebody chose one, it follows from the env's full name alone, so it stays when others are added or removed. A comparison settles which
 * of its envs give way where two have the same; the whole page follows it.
 *
 * Reading a colour in a template or an effect follows it: whoever learns a colour tells it here, once.
 */

import { SvelteMap } from 'svelte/reactivity';

export const COLOURS = 10;

/** By full name, what was chosen; null where the name decides. */
const chosen = new SvelteMap<string, number | null>();
/** By full name, what a comparison on this page settled. */
const settled = new SvelteMap<string, number>();

/**
 * Which of the ten data colours of styles/tokens.css the env `workspace/name` has while nobody chose one: 0 to 9. It is the 32-bit
 * FNV-1a hash of the name's UTF-8 bytes, mixed once more and reduced to ten. Source: Fowler, Noll and Vo, The FNV Non-Cryptographic
 * Hash Algorithm, 1991.
 */
export function colourOfName(fullName: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(fullName)) hash = Math.imul(hash ^ byte, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return ((hash ^ (hash >>> 16)) >>> 0) % COLOURS;
}

/** The server said which colour was chosen for an env, or with null that none was. */
export function learnColour(fullName: string, colour: number | null | undefined): void {
  if (colour === undefined || chosen.get(fullName) === colour) return;
  if (colour !== null || chosen.has(fullName)) chosen.set(fullName, colour);
}

/** A comparison settled these colours for its envs; without any, it is over. */
export function settleColours(colours: ReadonlyMap<string, number>): void {
  for (const name of settled.keys()) if (!colours.has(name)) settled.delete(name);
  for (const [name, colour] of colours) if (settled.get(name) !== colour) settled.set(name, colour);
}

/** What was chosen for an env, or null. */
export function chosenColour(fullName: string): number | null {
  return chosen.get(fullName) ?? null;
}

/** Which of the ten data colours the env has on this page: 0 to 9. */
export function envColourIndex(fullName: string): number {
  return settled.get(fullName) ?? chosenColour(fullName) ?? colourOfName(fullName);
}

/** The colour as style sheets take it. It follows the theme by itself. */
export function envColour(fullName: string): string {
  return cssColour(envColourIndex(fullName));
}

export function cssColour(index: number): string {
  return `var(--data-${index + 1})`;
}

/** The colour as canvases and plots take it, in the theme of this moment. `data` are the theme's ten colours (plots/theme.ts). */
export function envColourIn(data: readonly string[], fullName: string): string {
  return data[envColourIndex(fullName) % data.length]!;
}
