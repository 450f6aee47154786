/** How the cells of a card share its room: plain arithmetic, in CSS pixels. */

import type { Size } from '../panes/imageView';

export interface Places {
  readonly columns: number;
  /** Height of a cell. */
  readonly height: number;
}

/** Cells narrower than this are not made smaller still: the card scrolls. */
const LEAST = 160;
/** A place for a picture is as wide as a screen. */
const SHAPE = 16 / 9;
const GAP = 1;

/**
 * The columns that make the pictures of `count` cells largest, when all are on screen at once; where that would make them too small,
 * as many as fit side by side. `chrome` is what a cell has above and below its picture.
 */
export function placesOf(count: number, room: Size, chrome: number): Places {
  let best: Places & { width: number } = { columns: 1, height: 0, width: 0 };
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    const height = (room.height - GAP * (rows - 1)) / rows;
    const width = Math.min((room.width - GAP * (columns - 1)) / columns, (height - chrome) * SHAPE);
    if (width > best.width) best = { columns, height: Math.floor(height), width };
  }
  if (best.width >= Math.min(LEAST, room.width)) return { columns: best.columns, height: best.height };
  const columns = Math.max(1, Math.min(count, Math.floor(room.width / LEAST)));
  return { columns, height: Math.round(room.width / columns / SHAPE + chrome) };
}
