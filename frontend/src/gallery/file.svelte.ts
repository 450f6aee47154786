/** The contents of a sample's file, fetched when it is on screen. What was shown stays until the next is here. */

import { untrack } from 'svelte';

/** Files that were read lately, so that going back and forth over steps asks nothing. */
const kept = new Map<string, string>();
const KEPT_CHARACTERS = 8_000_000;
let keptCharacters = 0;

function keep(url: string, text: string): void {
  kept.set(url, text);
  keptCharacters += text.length;
  for (const [old, held] of kept) {
    if (keptCharacters <= KEPT_CHARACTERS || old === url) break;
    kept.delete(old);
    keptCharacters -= held.length;
  }
}

export class SampleFile {
  text = $state.raw<string | null>(null);
  hasFailed = $state(false);
  isLate = $state(false);
  #url: string | null = null;
  #stop = new AbortController();

  /** Reads the file at an address; null lets go. */
  read(url: string | null): void {
    if (url === this.#url) return;
    this.#stop.abort();
    this.#url = url;
    this.hasFailed = false;
    this.isLate = false;
    const held = url === null ? null : kept.get(url);
    if (held !== undefined) {
      this.text = held;
      return;
    }
    void this.#fetch(url!);
  }

  again(): void {
    const url = this.#url;
    if (url === null || !untrack(() => this.hasFailed)) return;
    this.#url = null;
    this.read(url);
  }

  destroy(): void {
    this.#stop.abort();
  }

  async #fetch(url: string): Promise<void> {
    const { signal } = (this.#stop = new AbortController());
    const late = setTimeout(() => (this.isLate = true), 150);
    try {
      const answer = await fetch(url, { signal });
      if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
      const text = await answer.text();
      keep(url, text);
      if (!signal.aborted) this.text = text;
    } catch {
      if (!signal.aborted) {
        this.text = null;
        this.hasFailed = true;
      }
    } finally {
      clearTimeout(late);
      if (!signal.aborted) this.isLate = false;
    }
  }
}
