/**
 * Which two pictures are compared: cells of cards offer themselves, the first one waits for the second, and with the second the dialog
 * opens. There is one of this on a page.
 *
 * How a cell offers itself:
 *
 *     compareCells.offer({
 *       env: 'workspace/name',
 *       card: label,
 *       get step() { return shown.step; },      // a getter follows: the dialog goes on with what the cell shows now
 *       get url() { return shown.url; },        // the original, not a smaller rendition
 *       get width() { return shown.width; },
 *       get height() { return shown.height; },
 *       go: (by) => card.go(by),                // optional: lets the dialog step the card; undefined while the cell is pinned
 *     });
 */

import type { How } from './difference';
import type { Way } from './stage';

/** One picture as its cell shows it. */
export interface OfferedCell {
  /** `workspace/name`. */
  readonly env: string;
  /** The card's label. */
  readonly card: string;
  readonly step: number | null;
  /** Which of the samples of its step, where there are several. */
  readonly index?: number | null;
  /** Address of the full original; null while the cell shows no picture (`No image at step N`). */
  readonly url: string | null;
  readonly width: number | null;
  readonly height: number | null;
  /** The env's colour as style sheets take it, where it is not the one it has everywhere. */
  readonly colour?: string;
  /** Goes so many steps on in the card; what the cell shows then is read from the same object. */
  readonly go?: ((by: number) => void) | undefined;
}

/** A picture as it was when it was chosen: a reference stays what it is while its card goes on. */
export function asChosen(cell: OfferedCell): OfferedCell {
  const { env, card, step, url, width, height, colour, index = null } = cell;
  return { env, card, step, url, width, height, index, ...(colour ? { colour } : {}) };
}

export function isSameCell(a: OfferedCell, b: OfferedCell): boolean {
  return a.env === b.env && a.card === b.card;
}

function isSamePicture(a: OfferedCell, b: OfferedCell): boolean {
  return a.step === b.step && a.url === b.url;
}

/** The two cells of an open comparison. */
export interface Pair {
  readonly first: OfferedCell;
  readonly second: OfferedCell;
}

/** How the person looks at pictures: kept from one comparison to the next. */
export interface Looking {
  way: Way;
  how: How;
  gain: number;
  /** Changes a second. */
  rate: number;
}

export class CompareCells {
  readonly looking = $state<Looking>({ way: 'swipe', how: 'absolute', gain: 1, rate: 2 });
  /** Reactive: the cell that was chosen first, while the second is not. */
  waiting = $state.raw<OfferedCell | null>(null);
  /** Reactive: what the dialog compares; null while it is closed. */
  pair = $state.raw<Pair | null>(null);
  /** Whether the first picture stays as it was chosen, or follows its card like the second. */
  isHeld = $state(true);
  /** The first picture as it was chosen. */
  #held = $state.raw<OfferedCell | null>(null);
  /** The second as it was held while it was the first, where its cell shows another one now. */
  #kept = $state.raw<OfferedCell | null>(null);

  /** Reactive: the first picture as it is compared. */
  readonly first = $derived.by<OfferedCell | null>(() => {
    if (!this.pair) return null;
    return this.isHeld && this.#held ? this.#held : this.pair.first;
  });
  readonly second = $derived.by<OfferedCell | null>(() => this.#kept ?? this.pair?.second ?? null);

  /** Takes a cell: as the first of two, or as the second, with which the comparison opens. */
  offer(cell: OfferedCell): void {
    const { waiting } = this;
    if (!waiting) {
      this.#held = asChosen(cell);
      this.waiting = cell;
      return;
    }
    this.waiting = this.#kept = null;
    // Against itself a cell means another step of it.
    if (isSameCell(waiting, cell)) this.isHeld = true;
    this.pair = { first: waiting, second: cell };
  }

  /** The picture that was chosen first, as it was then. */
  get chosen(): OfferedCell | null {
    return this.waiting && this.#held;
  }

  /** Forgets the cell that waits for another. */
  cancel(): void {
    this.waiting = null;
  }

  close(): void {
    this.pair = this.#kept = null;
  }

  hold(isHeld: boolean): void {
    if (isHeld && this.pair) this.#held = asChosen(this.pair.first);
    this.isHeld = isHeld;
  }

  /** The second becomes the first, both as they are seen; the new second goes on with its card unless that is somewhere else by now. */
  swap(): void {
    const { pair, first, second } = this;
    if (!pair || !first || !second) return;
    this.#held = asChosen(second);
    this.#kept = isSamePicture(first, pair.first) ? null : first;
    this.pair = { first: pair.second, second: pair.first };
  }
}

export const compareCells = new CompareCells();
