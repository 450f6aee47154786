/** A text that follows another one, but only when that has rested: an address must not be rewritten with each move of a slider. */

import { untrack } from 'svelte';

const REST_MS = 300;

export class Rested {
  /** Reactive. */
  text = $state('');
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Call it while a component is being made. */
  constructor(read: () => string) {
    this.text = untrack(read);
    $effect(() => {
      const next = read();
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => (this.text = next), REST_MS);
    });
    $effect(() => () => clearTimeout(this.#timer));
  }
}
