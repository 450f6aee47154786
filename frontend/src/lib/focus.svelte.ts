/** Keeps the keyboard in a place where what had the focus goes with what was shown, or comes back to where it was. */

import { untrack } from 'svelte';

/**
 * Call it while a component is being made. Whenever `shown` changes and takes what had the focus in `element` away, `element` itself has
 * it: it hears the keys that were meant for it.
 */
export function keepFocus(element: () => HTMLElement | undefined, shown: () => unknown): void {
  let hadFocus = false;
  $effect.pre(() => {
    shown();
    hadFocus = untrack(element)?.contains(document.activeElement) ?? false;
  });
  $effect(() => {
    shown();
    if (hadFocus && document.activeElement === document.body)
      untrack(element)?.focus({ preventScroll: true });
  });
}

/**
 * Returns the way back to what has the focus, or had it, for when it is lost: to it, or to the next place round it that can have the
 * focus, where it is gone meanwhile.
 */
export function rememberFocus(from: EventTarget | null = document.activeElement): () => void {
  const places: HTMLElement[] = [];
  let at = from;
  while (at instanceof HTMLElement && at !== document.body) {
    places.push(at);
    at = at.parentElement?.closest('[tabindex]') ?? null;
  }
  return () => {
    for (const place of places) {
      if (document.activeElement !== document.body) return;
      place.focus({ preventScroll: true });
    }
  };
}
