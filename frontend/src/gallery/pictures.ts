/**
 * The page's pictures: fetched, decoded and kept a while, so that one that was seen, or that is next, is shown within a frame. What
 * nobody waits for any longer is called off.
 */

import type { Sample } from '../live/types';
import { pictureUrl } from './renditions';

export interface Picture {
  readonly url: string;
  readonly image: HTMLImageElement;
  readonly state: 'loading' | 'ready' | 'failed';
}

interface Entry {
  readonly url: string;
  readonly image: HTMLImageElement;
  state: Picture['state'];
  readonly waiting: Set<(picture: Picture) => void>;
}

/**
 * Pictures kept, in pixels: of a card of 35 thumbnails 26 steps. One that was dropped takes a request and a decoding again, which is no
 * frame of a slider any more. What they are decoded to is kept by browsers within bounds of their own.
 */
const KEPT_PIXELS = 96_000_000;
/** Pictures fetched ahead at a time; those on screen do not wait for them. */
const AHEAD = 3;

export class Pictures {
  readonly #entries = new Map<string, Entry>();
  readonly #make: () => HTMLImageElement;
  /** What is expected, by who expects it. */
  readonly #expected = new Map<string, readonly string[]>();
  /** What was asked for last for a picture, by its own address. */
  readonly #asFor = new Map<string, string>();
  #pixels = 0;
  #ahead: string[] = [];
  #aheadNow = new Map<string, () => void>();
  #shown = 0;

  constructor(make: () => HTMLImageElement = () => new Image()) {
    this.#make = make;
  }

  /** The picture, if it is here and can be shown at once. */
  peek(url: string): Picture | null {
    const entry = this.#entries.get(url);
    if (entry?.state !== 'ready') return null;
    this.#touch(entry);
    return entry;
  }

  /** Calls back once, when the picture is ready or failed. Returns what calls it off. */
  want(url: string, callback: (picture: Picture) => void): () => void {
    this.#shown += 1;
    const done = this.#wait(url, 'high', (picture) => {
      this.#shown -= 1;
      callback(picture);
      this.#goAhead();
    });
    return () => {
      if (!done()) return;
      this.#shown -= 1;
      this.#goAhead();
    };
  }

  /** Pictures that will likely be wanted next, the likeliest first. They take the place of those the same card named before. */
  expect(card: string, urls: readonly string[]): void {
    if (urls.length > 0) this.#expected.set(card, urls);
    else this.#expected.delete(card);
    const all = new Set([...this.#expected.values()].flat());
    for (const [url, stop] of [...this.#aheadNow]) {
      if (all.has(url)) continue;
      this.#aheadNow.delete(url);
      stop();
    }
    this.#ahead = [...all].filter((url) => !this.#entries.has(url));
    this.#goAhead();
  }

  /** Notes in which size a picture is shown. */
  shows(original: string, url: string): void {
    this.#asFor.set(original, url);
    const [oldest] = this.#asFor.keys();
    if (this.#asFor.size > 2_000 && oldest !== undefined) this.#asFor.delete(oldest);
  }

  /** Whether a picture is shown as it was asked for, or will not come. */
  isShown({ url }: Pick<Sample, 'url'>): boolean {
    const entry = this.#entries.get(this.#asFor.get(url) ?? url);
    return entry !== undefined && entry.state !== 'loading';
  }

  /** The address of another picture in the size in which one is shown in the same place; null while that is not known. */
  likeShown(shown: Sample | null, other: Sample): string | null {
    if (!shown) return null;
    const url = this.#asFor.get(shown.url);
    if (url === undefined) return null;
    const size = /\/w(\d+)$/.exec(url)?.[1];
    return pictureUrl(other, size === undefined ? (longest(shown) ?? Infinity) : Number(size));
  }

  /** A picture that failed is fetched anew when it is wanted next. */
  forget(url: string): void {
    const entry = this.#entries.get(url);
    if (entry && entry.state !== 'loading') this.#drop(entry);
  }

  #goAhead(): void {
    while (this.#shown === 0 && this.#aheadNow.size < AHEAD) {
      const url = this.#ahead.shift();
      if (url === undefined) return;
      if (this.#entries.has(url)) continue;
      const stop = this.#wait(url, 'low', () => {
        this.#aheadNow.delete(url);
        this.#goAhead();
      });
      if (this.#entries.get(url)?.state === 'loading') this.#aheadNow.set(url, () => void stop());
    }
  }

  /** Returns what ends the waiting; that returns whether there still was something to wait for. */
  #wait(url: string, priority: 'high' | 'low', callback: (picture: Picture) => void): () => boolean {
    let entry = this.#entries.get(url);
    if (entry?.state === 'failed') {
      this.#drop(entry);
      entry = undefined;
    }
    if (entry && entry.state === 'ready') {
      this.#touch(entry);
      callback(entry);
      return () => false;
    }
    const waited = entry ?? this.#load(url, priority);
    waited.waiting.add(callback);
    return () => {
      if (!waited.waiting.delete(callback)) return false;
      if (waited.waiting.size === 0 && waited.state === 'loading') {
        this.#entries.delete(url);
        waited.image.src = '';
      }
      return true;
    };
  }

  #load(url: string, priority: 'high' | 'low'): Entry {
    const image = this.#make();
    const entry: Entry = { url, image, state: 'loading', waiting: new Set() };
    this.#entries.set(url, entry);
    image.decoding = 'async';
    image.fetchPriority = priority;
    image.src = url;
    image.decode().then(
      () => this.#end(entry, 'ready'),
      () => this.#end(entry, 'failed'),
    );
    return entry;
  }

  #end(entry: Entry, state: 'ready' | 'failed'): void {
    if (this.#entries.get(entry.url) !== entry) return;
    entry.state = state;
    if (state === 'ready') {
      this.#pixels += areaOf(entry.image);
      this.#tidy(entry);
    }
    const waiting = [...entry.waiting];
    entry.waiting.clear();
    for (const callback of waiting) callback(entry);
  }

  /** Those shown last are let go last. */
  #touch(entry: Entry): void {
    this.#entries.delete(entry.url);
    this.#entries.set(entry.url, entry);
  }

  #tidy(newest: Entry): void {
    for (const entry of this.#entries.values()) {
      if (this.#pixels <= KEPT_PIXELS) return;
      if (entry !== newest && entry.state !== 'loading') this.#drop(entry);
    }
  }

  #drop(entry: Entry): void {
    if (entry.state === 'ready') this.#pixels -= areaOf(entry.image);
    this.#entries.delete(entry.url);
  }
}

function longest({ width, height }: Sample): number | null {
  return width && height ? Math.max(width, height) : null;
}

function areaOf(image: HTMLImageElement): number {
  return image.naturalWidth * image.naturalHeight;
}

/** One for the whole page. */
export const pictures = new Pictures();
