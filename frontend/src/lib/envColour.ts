/**
 * The colour of an env: the same in its lines, its row, its legend, its pins and its cells, on every page and every machine. It
 * follows from the env's full name alone, so it stays when others are added or removed.
 */

const COLOURS = 10;

/**
 * Which of the ten data colours of styles/tokens.css the env `workspace/name` has: 0 to 9. It is the 32-bit FNV-1a hash of the name's
 * UTF-8 bytes, mixed once more and reduced to ten. Source: Fowler, Noll and Vo, The FNV Non-Cryptographic Hash Algorithm, 1991.
 */
export function envColourIndex(fullName: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(fullName)) hash = Math.imul(hash ^ byte, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return ((hash ^ (hash >>> 16)) >>> 0) % COLOURS;
}

/** The colour as style sheets take it. It follows the theme by itself. */
export function envColour(fullName: string): string {
  return `var(--data-${envColourIndex(fullName) + 1})`;
}

/** The colour as canvases and plots take it, in the theme of this moment. `data` are the theme's ten colours (plots/theme.ts). */
export function envColourIn(data: readonly string[], fullName: string): string {
  return data[envColourIndex(fullName) % data.length]!;
}
