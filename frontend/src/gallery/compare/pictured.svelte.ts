/** The two pictures of a comparison as they are fetched, brought to one size, measured and subtracted. Lives as long as its dialog. */

import type { How } from './difference';
import type { Measures } from './measures';
import type { Answered, Asked } from './measurer.worker';
import { fetchPicture, fitted, forgetPictures, isSameSize, type Size } from './pictures';

export type Side = 'first' | 'second';

/** Both pictures at one size. */
export interface Shown extends Size {
  readonly first: ImageBitmap;
  readonly second: ImageBitmap;
}

/** One picture on its way. `url` is null where its cell has none at its step. */
interface Coming {
  readonly url: string | null;
  readonly picture: ImageBitmap | null;
  readonly hasFailed: boolean;
}

const NONE: Coming = { url: null, picture: null, hasFailed: false };

export class Pictured {
  /** Reactive: the pictures as they were fetched. */
  sides = $state.raw<Readonly<Record<Side, Coming>>>({ first: NONE, second: NONE });
  /** Which picture gives the size where the two differ; null: the person has not said. */
  sizedBy = $state<Side | null>(null);
  /** Reactive: both at one size; null while there are not two, or they differ in size. */
  shown = $state.raw<Shown | null>(null);
  /** Reactive: null while they are being taken. */
  measures = $state.raw<Measures | null>(null);
  /** How much of the measuring is done, 0 to 1. */
  part = $state(0);
  hasFailed = $state(false);
  /** Reactive: the difference that was asked for last, when it is there. */
  difference = $state.raw<ImageBitmap | null>(null);
  readonly differs = $derived.by(() => {
    const { first, second } = this.sides;
    return first.picture && second.picture ? !isSameSize(first.picture, second.picture) : false;
  });
  readonly isLoading = $derived.by(() =>
    Object.values(this.sides).some(({ url, picture, hasFailed }) => url !== null && !picture && !hasFailed),
  );
  #worker: Worker | null = null;
  #round = 0;
  #wanted: { how: How; gain: number } | null = null;
  /** One difference is drawn at a time; while it is, only the latest wish is kept. */
  #isDrawing = false;

  /** Fetches what a side shows now. The picture before stays until its successor is there. */
  async take(side: Side, url: string | null, isAgain = false): Promise<void> {
    const before = this.sides[side];
    if (before.url === url && !isAgain) return;
    this.#put(side, { url, picture: null, hasFailed: false });
    if (url === null) {
      this.#settle();
      return;
    }
    const next = await fetchPicture(url).then(
      (picture) => ({ url, picture, hasFailed: false }),
      () => ({ url, picture: null, hasFailed: true }),
    );
    if (this.sides[side].url !== url) return;
    this.#put(side, next);
    this.#settle();
  }

  sizeBy(side: Side): void {
    this.sizedBy = side;
    this.#settle();
  }

  /** The first becomes the second. */
  swap(): void {
    const { first, second } = this.sides;
    this.sides = { first: second, second: first };
    if (this.sizedBy) this.sizedBy = this.sizedBy === 'first' ? 'second' : 'first';
    this.#settle();
  }

  /** Asks for the difference to be drawn; null: for none any more. */
  want(wanted: { how: How; gain: number } | null): void {
    this.#wanted = wanted;
    this.#draw();
  }

  destroy(): void {
    this.#worker?.terminate();
    this.#worker = null;
    this.#round += 1;
    forgetPictures();
  }

  #put(side: Side, coming: Coming): void {
    this.sides = { ...this.sides, [side]: coming };
  }

  #settle(): void {
    const { first, second } = this.sides;
    this.#round += 1;
    const round = this.#round;
    if (!first.picture || !second.picture) {
      // On the way from one step to the next the last pair stays; where there is nothing to come, there is nothing to see.
      if (!this.isLoading) this.#clear();
      return;
    }
    const size = isSameSize(first.picture, second.picture)
      ? first.picture
      : this.sizedBy && this.sides[this.sizedBy].picture;
    if (!size) {
      this.#clear();
      return;
    }
    const { width, height } = size;
    Promise.all([fitted(first.picture, size), fitted(second.picture, size)]).then(
      ([one, other]) => {
        if (round !== this.#round) return;
        this.shown = { first: one, second: other, width, height };
        void this.#measure(one, other, round);
      },
      () => (this.hasFailed = true),
    );
  }

  #clear(): void {
    this.shown = this.measures = this.difference = null;
    this.part = 0;
    this.hasFailed = false;
  }

  async #measure(one: ImageBitmap, other: ImageBitmap, round: number): Promise<void> {
    this.measures = this.difference = null;
    this.part = 0;
    this.hasFailed = this.#isDrawing = false;
    try {
      const [a, b] = await Promise.all([createImageBitmap(one), createImageBitmap(other)]);
      if (round !== this.#round) return;
      this.#ask({ do: 'measure', round, a, b }, [a, b]);
      this.#draw();
    } catch {
      this.hasFailed = true;
    }
  }

  #draw(): void {
    if (!this.#wanted || this.#isDrawing || !this.shown || !this.#worker) return;
    this.#isDrawing = true;
    this.#ask({ do: 'differ', round: this.#round, ...this.#wanted });
  }

  #ask(asked: Asked, transfer: Transferable[] = []): void {
    if (!this.#worker) {
      this.#worker = new Worker(new URL('./measurer.worker.ts', import.meta.url), { type: 'module' });
      this.#worker.onmessage = ({ data }: MessageEvent<Answered>) => this.#heard(data);
      this.#worker.onerror = () => (this.hasFailed = true);
    }
    this.#worker.postMessage(asked, transfer);
  }

  #heard(answered: Answered): void {
    if (answered.round !== this.#round) {
      if (answered.did === 'differ') answered.picture.close();
      return;
    }
    if (answered.did === 'part') this.part = answered.part;
    else if (answered.did === 'measure') this.measures = { psnr: answered.psnr, ssim: answered.ssim };
    else if (answered.did === 'fail') this.hasFailed = true;
    else {
      this.#isDrawing = false;
      this.difference = answered.picture;
      const { how, gain } = answered;
      if (this.#wanted && (this.#wanted.how !== how || this.#wanted.gain !== gain)) this.#draw();
    }
  }
}
