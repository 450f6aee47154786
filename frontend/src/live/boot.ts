/** Reads the JSON that the server put into an env page. It is data, not a script, so the page's CSP has nothing against it. */

import type { Boot } from './types';

/** The page's boot data, or null on pages that show no env. */
export function readBoot(document: Document = window.document): Boot | null {
  const element = document.getElementById('boot');
  if (!element?.textContent) return null;
  return JSON.parse(element.textContent) as Boot;
}
