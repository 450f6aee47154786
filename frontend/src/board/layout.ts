/**
 * Where panes lie: plain arithmetic on cells, without a page.
 *
 * A wall is `COLUMNS` wide and as long as it needs to be. Panes never overlap. Nothing is pulled up by itself: what a person put
 * somewhere stays there, a closed pane leaves its gap, and a new window takes the first gap that holds it. Every function returns a
 * new layout and leaves its argument as it was.
 */

export const COLUMNS = 12;
export const MIN_W = 2;
export const MIN_H = 3;
const MAX_H = 120;
const MAX_Y = 10_000;

export interface Place {
  x: number;
  y: number;
  w: number;
  h: number;
}
export type Layout = Readonly<Record<string, Place>>;
export type Direction = 'left' | 'right' | 'up' | 'down';
export interface Size {
  w: number;
  h: number;
}

const STEPS: Record<Direction, readonly [number, number]> = {
  left: [-1, 0],
  right: [1, 0],
  up: [0, -1],
  down: [0, 1],
};

export function overlaps(a: Place, b: Place): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

/** The nearest place that lies on the wall. */
export function clamp(place: Place, columns = COLUMNS): Place {
  const w = within(place.w, Math.min(MIN_W, columns), columns);
  const h = within(place.h, MIN_H, MAX_H);
  return { x: within(place.x, 0, columns - w), y: within(place.y, 0, MAX_Y), w, h };
}

/**
 * A layout that was kept somewhere: what cannot be read is dropped. Its places may overlap, as it remembers windows that are gone;
 * `follow` makes it one of those that are here.
 */
export function parse(kept: unknown): Layout {
  const found: Record<string, Place> = {};
  if (typeof kept !== 'object' || kept === null || Array.isArray(kept)) return found;
  for (const [key, value] of Object.entries(kept)) {
    if (typeof value !== 'object' || value === null) continue;
    const { x, y, w, h } = value as Record<string, unknown>;
    const numbers = [x, y, w, h].map(Number);
    if (numbers.every(Number.isFinite)) {
      put(found, key, clamp({ x: numbers[0]!, y: numbers[1]!, w: numbers[2]!, h: numbers[3]! }));
    }
  }
  return found;
}

/** Keys from top to bottom, then from left to right. */
export function readingOrder(layout: Layout): string[] {
  return Object.keys(layout).sort((a, b) => {
    const [p, q] = [layout[a]!, layout[b]!];
    return p.y - q.y || p.x - q.x || (a < b ? -1 : 1);
  });
}

/** Rows that the layout takes up. */
export function height(layout: Layout): number {
  return Object.values(layout).reduce((rows, place) => Math.max(rows, place.y + place.h), 0);
}

/** Gives each of `wanted` that has no place yet the first gap that holds it. Nothing that has a place is moved. */
export function placeNew(
  layout: Layout,
  wanted: readonly { key: string; size: Size }[],
  columns = COLUMNS,
): Layout {
  const missing = wanted.filter(({ key }) => !has(layout, key));
  if (missing.length === 0) return layout;
  const result: Record<string, Place> = { ...layout };
  const floor = new Floor(columns, Object.values(layout));
  for (const { key, size } of missing) put(result, key, floor.take(size));
  return result;
}

/**
 * Follows the windows of an env: those gone leave the layout and are remembered, those new take their remembered place if it is free,
 * else the first gap. On an empty wall all that are remembered take their places, and what overlaps moves down.
 */
export function follow(
  layout: Layout,
  memory: Layout,
  windows: readonly { key: string; size: Size }[],
): { layout: Layout; memory: Layout } {
  const living = new Set(windows.map((one) => one.key));
  const kept: Record<string, Place> = {};
  const left: Record<string, Place> = { ...memory };
  for (const [key, place] of Object.entries(layout)) put(living.has(key) ? kept : left, key, place);
  const back = windows.map((one) => one.key).filter((key) => has(left, key) && !has(kept, key));
  if (Object.keys(kept).length === 0)
    return { layout: placeNew(separate(left, back), windows), memory: left };
  const floor = new Floor(COLUMNS, Object.values(kept));
  for (const key of back) {
    const place = left[key]!;
    if (floor.occupy(place)) put(kept, key, place);
  }
  return { layout: placeNew(kept, windows), memory: left };
}

/**
 * Puts panes of these keys close together, keeping their sizes; others are left out. Read from the top and from the left, they come in
 * the order given: a gap above is left open rather than filled by a later pane.
 */
export function pack(layout: Layout, keys: readonly string[], columns = COLUMNS): Layout {
  const result: Record<string, Place> = {};
  const floor = new Floor(columns, []);
  let last: Place | null = null;
  for (const key of keys) {
    const place = has(layout, key) ? layout[key] : undefined;
    if (place) put(result, key, (last = floor.take(place, last)));
  }
  return result;
}

/** The same panes on a narrower wall, in reading order; on one column each is as wide as the wall. */
export function reflow(layout: Layout, columns: number): Layout {
  if (columns >= COLUMNS) return layout;
  const wider: Record<string, Place> = {};
  for (const [key, place] of Object.entries(layout)) {
    put(wider, key, {
      ...place,
      w: Math.min(columns, Math.max(1, Math.round((place.w / COLUMNS) * columns * 1.5))),
    });
  }
  return pack(wider, readingOrder(layout), columns);
}

/**
 * Moves a pane so that its corner lies at (x, y). Panes in the way change places with it where that disturbs nobody else and the pane
 * covers at least half of them (`eager`: any part); otherwise they are pushed down.
 */
export function moveTo(layout: Layout, key: string, x: number, y: number, { eager = false } = {}): Layout {
  const from = layout[key];
  if (!from) return layout;
  const to = clamp({ ...from, x, y });
  if (same(from, to)) return layout;
  const blockers = Object.keys(layout).filter((other) => other !== key && overlaps(layout[other]!, to));
  if (blockers.length === 0) return { ...layout, [key]: to };
  const [only] = blockers;
  if (blockers.length === 1 && only !== undefined) {
    const other = layout[only]!;
    const covered = shared(other, to) / Math.min(other.w * other.h, to.w * to.h);
    if (eager || covered >= 0.5) {
      const exchanged = exchange(layout, key, only, to);
      if (exchanged) return exchanged;
    }
  }
  return pushDown({ ...layout, [key]: to }, key);
}

/** Moves a pane by one step in a direction, as the keyboard does. */
export function step(layout: Layout, key: string, direction: Direction): Layout {
  const from = layout[key];
  if (!from) return layout;
  const [dx, dy] = STEPS[direction];
  return moveTo(layout, key, from.x + dx, from.y + dy, { eager: true });
}

/** Gives a pane a size; panes in the way are pushed down. */
export function resizeTo(layout: Layout, key: string, w: number, h: number): Layout {
  const from = layout[key];
  if (!from) return layout;
  const to = clamp({ ...from, w: Math.min(Math.round(w), COLUMNS - from.x), h: Math.round(h) });
  to.x = Math.min(from.x, COLUMNS - to.w);
  return same(from, to) ? layout : pushDown({ ...layout, [key]: to }, key);
}

/** Makes a pane one cell wider, narrower, taller or lower, as the keyboard does. */
export function grow(layout: Layout, key: string, direction: Direction): Layout {
  const from = layout[key];
  if (!from) return layout;
  const [dx, dy] = STEPS[direction];
  return resizeTo(layout, key, from.w + dx, from.h + dy);
}

/** The pane that the arrow key goes to: the nearest one on that side, those in the same row or column first. */
export function neighbour(layout: Layout, key: string, direction: Direction): string | null {
  const from = layout[key];
  if (!from) return null;
  const [dx, dy] = STEPS[direction];
  let best: [string, number] | null = null;
  for (const [other, place] of Object.entries(layout)) {
    if (other === key) continue;
    const along = dx
      ? dx * (place.x + place.w / 2 - from.x - from.w / 2)
      : dy * (place.y + place.h / 2 - from.y - from.h / 2);
    if (along <= 0) continue;
    const gap = dx ? distance(from.y, from.h, place.y, place.h) : distance(from.x, from.w, place.x, place.w);
    // Rows are about a third as high as columns are wide.
    const cost = dx ? along * 3 + gap * 20 : along + gap * 60;
    if (!best || cost < best[1]) best = [other, cost];
  }
  return best?.[0] ?? null;
}

/** Whether two layouts say the same. */
export function equal(a: Layout, b: Layout): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => has(b, key) && same(a[key]!, b[key]!));
}

/** The size a window begins with. `width` and `height` of its options are pixels, as in visdom. */
export function firstSize(
  opts: Readonly<Record<string, unknown>>,
  row: number,
  column: number,
  head: number,
): Size {
  const width = Number(opts.width);
  const tall = Number(opts.height);
  return {
    w: width > 0 ? within(Math.round(width / column), MIN_W, COLUMNS) : 4,
    h: tall > 0 ? within(Math.round((tall + head) / row), MIN_H, MAX_H) : 8,
  };
}

/** Two panes change places: at each other's corners, or in each other's order along one line. Null when a third would be disturbed. */
function exchange(layout: Layout, key: string, other: string, to: Place): Layout | null {
  const [a, b] = [layout[key]!, layout[other]!];
  const tries: [Place, Place][] = [];
  const right = to.x >= a.x;
  const down = to.y >= a.y;
  if (Math.abs(to.x - a.x) > 0 && overlapOf(a.y, a.h, b.y, b.h) > 0) {
    const span: [Place, Place] = right
      ? [
          { ...a, x: b.x + b.w - a.w },
          { ...b, x: a.x },
        ]
      : [
          { ...a, x: b.x },
          { ...b, x: a.x + a.w - b.w },
        ];
    tries.push(span);
  }
  if (Math.abs(to.y - a.y) > 0 && overlapOf(a.x, a.w, b.x, b.w) > 0) {
    const span: [Place, Place] = down
      ? [
          { ...a, y: b.y + b.h - a.h },
          { ...b, y: a.y },
        ]
      : [
          { ...a, y: b.y },
          { ...b, y: a.y + a.h - b.h },
        ];
    tries.push(span);
  }
  tries.push([
    { ...a, x: b.x, y: b.y },
    { ...b, x: a.x, y: a.y },
  ]);
  const rest = Object.keys(layout).filter((name) => name !== key && name !== other);
  for (const [mine, theirs] of tries) {
    const fits =
      [mine, theirs].every((place) => same(place, clamp(place))) &&
      !overlaps(mine, theirs) &&
      rest.every((name) => !overlaps(layout[name]!, mine) && !overlaps(layout[name]!, theirs));
    if (fits) return { ...layout, [key]: mine, [other]: theirs };
  }
  return null;
}

/** Moves down whatever the pane `key` covers, and what that covers in turn. */
function pushDown(layout: Layout, key: string): Layout {
  const result: Record<string, Place> = { ...layout };
  const fixed: Place[] = [result[key]!];
  for (const other of readingOrder(layout)) {
    if (other === key) continue;
    const place = { ...result[other]! };
    for (let blocker = first(fixed, place); blocker; blocker = first(fixed, place)) {
      place.y = blocker.y + blocker.h;
    }
    put(result, other, place);
    fixed.push(place);
  }
  return result;
}

/** The places of these keys, without overlaps. */
function separate(layout: Layout, keys: readonly string[]): Layout {
  const wanted: Record<string, Place> = {};
  for (const key of keys) put(wanted, key, layout[key]!);
  const result: Record<string, Place> = {};
  const fixed: Place[] = [];
  for (const key of readingOrder(wanted)) {
    const place = { ...layout[key]! };
    for (let blocker = first(fixed, place); blocker; blocker = first(fixed, place)) {
      place.y = blocker.y + blocker.h;
    }
    put(result, key, place);
    fixed.push(place);
  }
  return result;
}

/** Which cells are taken, a bit per column and row, so that many windows are placed quickly. */
class Floor {
  private readonly rows: number[] = [];
  /** No gap lies above this row for a pane of the smallest size. */
  private top = 0;

  constructor(
    private readonly columns: number,
    taken: readonly Place[],
  ) {
    for (const place of taken) this.mark(place);
  }

  /** Takes the first gap (from the top, then from the left) that holds the size, or the first that comes after another place. */
  take(size: Size, after: Place | null = null): Place {
    const w = Math.min(size.w, this.columns);
    const mask = (1 << w) - 1;
    const full = (1 << this.columns) - 1;
    while (this.rows[this.top] === full) this.top += 1;
    const start = Math.max(this.top, after?.y ?? 0);
    for (let y = start; ; y += 1) {
      for (let x = after?.y === y ? after.x + 1 : 0; x + w <= this.columns; x += 1) {
        if (this.free(mask << x, y, size.h)) {
          const place = { x, y, w, h: size.h };
          this.mark(place);
          return place;
        }
      }
    }
  }

  /** Takes exactly this place, if nothing lies there. */
  occupy(place: Place): boolean {
    const isFree = this.free(((1 << place.w) - 1) << place.x, place.y, place.h);
    if (isFree) this.mark(place);
    return isFree;
  }

  private free(mask: number, y: number, h: number): boolean {
    for (let row = y; row < y + h; row += 1) {
      if (((this.rows[row] ?? 0) & mask) !== 0) return false;
    }
    return true;
  }

  private mark({ x, y, w, h }: Place): void {
    while (this.rows.length < y + h) this.rows.push(0);
    for (let row = y; row < y + h; row += 1) this.rows[row] = this.rows[row]! | (((1 << w) - 1) << x);
  }
}

const first = (fixed: readonly Place[], place: Place) => fixed.find((one) => overlaps(one, place));
const same = (a: Place, b: Place) => a.x === b.x && a.y === b.y && a.w === b.w && a.h === b.h;
const has = (layout: Layout, key: string) => Object.prototype.hasOwnProperty.call(layout, key);
const within = (value: number, low: number, high: number) => Math.max(low, Math.min(high, Math.round(value)));
const overlapOf = (a: number, aSize: number, b: number, bSize: number) =>
  Math.min(a + aSize, b + bSize) - Math.max(a, b);
/** 0 for spans that share something, else how far they lie apart, at least 1. */
const distance = (a: number, aSize: number, b: number, bSize: number) =>
  Math.max(0, 1 - overlapOf(a, aSize, b, bSize));

function shared(a: Place, b: Place): number {
  return Math.max(0, overlapOf(a.x, a.w, b.x, b.w)) * Math.max(0, overlapOf(a.y, a.h, b.y, b.h));
}

/** Sets also keys such as `__proto__`, which windows may have. */
function put(layout: Record<string, Place>, key: string, place: Place): void {
  Object.defineProperty(layout, key, { value: place, enumerable: true, configurable: true, writable: true });
}
