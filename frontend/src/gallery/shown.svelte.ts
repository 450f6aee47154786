/**
 * What one place on screen shows of a picture: the one that is wanted once it is decoded, and until then the one before. A picture that
 * does not come is tried again by itself a few times, and whenever the server is back.
 */

import { untrack } from 'svelte';
import type { Sample } from '../live/types';
import { pictures, type Picture } from './pictures';

export interface ShownPicture {
  readonly sample: Sample;
  readonly url: string;
  /** As the file is that is shown, which may be smaller than the picture that was logged. */
  readonly width: number;
  readonly height: number;
}

/** A picture that is not here after this time is waited for visibly. */
const LATE_MS = 150;
/** A size that is being made may take a moment. */
const AGAIN_MS = [1_000, 3_000, 10_000];
/** Between steps that go by faster than this nothing is fetched. */
const REST_MS = 60;

export class Shown {
  picture = $state.raw<ShownPicture | null>(null);
  isLate = $state(false);
  hasFailed = $state(false);
  #wanted: { sample: Sample; url: string } | null = null;
  #stop: () => void = () => undefined;
  #late: ReturnType<typeof setTimeout> | undefined;
  #again: ReturnType<typeof setTimeout> | undefined;
  #rest: ReturnType<typeof setTimeout> | undefined;
  #tries = 0;
  #changedAt = -Infinity;

  /** Shows a sample by this address as soon as it can be shown whole; null shows nothing. */
  show(sample: Sample | null, url: string): void {
    if (!sample) {
      this.destroy();
      this.picture = null;
      return;
    }
    if (this.#wanted?.url === url) {
      this.#wanted = { sample, url };
      const shown = untrack(() => this.picture);
      if (shown?.url === url && shown.sample !== sample) this.picture = { ...shown, sample };
      return;
    }
    this.destroy();
    this.#wanted = { sample, url };
    pictures.shows(sample.url, url);
    this.#tries = 0;
    const now = performance.now();
    const isQuick = now - this.#changedAt < REST_MS;
    this.#changedAt = now;
    const ready = pictures.peek(url);
    if (ready) this.#take(ready);
    else if (isQuick) this.#rest = setTimeout(() => this.#fetch(), REST_MS);
    else this.#fetch();
    if (!ready) this.#late = setTimeout(() => (this.isLate = true), LATE_MS);
  }

  /** Tries again what failed. */
  again(): void {
    const wanted = this.#wanted;
    if (!wanted || !untrack(() => this.hasFailed)) return;
    clearTimeout(this.#again);
    this.hasFailed = false;
    pictures.forget(wanted.url);
    this.#fetch();
  }

  destroy(): void {
    this.#stop();
    this.#stop = () => undefined;
    this.#calm();
    this.#wanted = null;
    this.isLate = false;
    this.hasFailed = false;
  }

  /** A hundred cells do this at each step of a slider, most with nothing to stop. */
  #calm(): void {
    if (this.#late !== undefined) clearTimeout(this.#late);
    if (this.#again !== undefined) clearTimeout(this.#again);
    if (this.#rest !== undefined) clearTimeout(this.#rest);
    this.#late = this.#again = this.#rest = undefined;
  }

  #fetch(): void {
    const wanted = this.#wanted;
    if (wanted) this.#stop = pictures.want(wanted.url, (picture) => this.#take(picture));
  }

  #take(picture: Picture): void {
    const wanted = this.#wanted;
    if (!wanted || wanted.url !== picture.url) return;
    clearTimeout(this.#late);
    this.isLate = false;
    if (picture.state === 'ready') {
      const { naturalWidth, naturalHeight } = picture.image;
      this.hasFailed = false;
      this.#tries = 0;
      this.picture = {
        ...wanted,
        width: naturalWidth || wanted.sample.width || 1,
        height: naturalHeight || wanted.sample.height || 1,
      };
      return;
    }
    this.hasFailed = true;
    this.picture = null;
    const wait = AGAIN_MS[this.#tries++];
    if (wait !== undefined) this.#again = setTimeout(() => this.again(), wait);
  }
}
