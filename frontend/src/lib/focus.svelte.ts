/** Keeps the keyboard in a place where what had the focus goes with what was shown. */

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
