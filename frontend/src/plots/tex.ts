/**
 * Formulas: text between `$` signs, in the words of LaTeX. MathJax writes them as SVG, from this page's own files and without a style of
 * its own; it is fetched when the first formula is met. Plotly asks for it by its global name.
 */

import { isMap } from './maps';

const FORMULA = /\$[^$]+\$/;
const known = new WeakMap<object, boolean>();

/** Whether a text holds a formula. */
export const isTex = (text: string): boolean => FORMULA.test(text);

/** Whether any text in a figure's part holds a formula. */
export function hasTex(value: unknown): boolean {
  if (typeof value === 'string') return isTex(value);
  if (Array.isArray(value)) {
    // Long lists are points, and of one kind.
    return typeof value[0] === 'number' ? false : value.some(hasTex);
  }
  if (!isMap(value)) return false;
  const before = known.get(value);
  if (before !== undefined) return before;
  const found = Object.values(value).some(hasTex);
  known.set(value, found);
  return found;
}

type Tex = typeof import('./mathjax');

/** Fetches MathJax; a page that cannot have it shows formulas as they were written. */
export async function loadTex(): Promise<Tex | null> {
  try {
    return await import('./mathjax');
  } catch {
    return null;
  }
}
