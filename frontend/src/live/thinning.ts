/**
 * A thinned line: of each bucket of `b` points its lowest, its highest and its first gap (docs/protocol.md, "Thinned lines").
 *
 * Buckets lie at absolute positions that are multiples of b, and b is a power of two. So appended points only touch the last bucket,
 * buckets merge in pairs when there are too many, and a line that grew here equals one that is fetched anew.
 */

import { NumberColumn, type Column } from './columns';

/** The power of two at or above a width in pixels: how many buckets a line of that width may have. */
export function bucketsFor(widthPx: number): number {
  let w = 1;
  while (w < widthPx) w *= 2;
  return w;
}

/** Points in a bucket for a range of `count` points in at most `w` buckets; 1 says that the points go whole. */
export function chooseBucket(count: number, w: number): number {
  if (count <= 4 * w) return 1;
  let b = 1;
  while (Math.ceil(count / b) > w) b *= 2;
  return b;
}

/** What a line looks like on the wire, decoded. */
export interface LineData {
  bucket: number;
  /** The range of positions it covers: from `i0` up to, but not with, `i1`. */
  i0: number;
  i1: number;
  /** Points of the whole trace. */
  count: number;
  pos: Float64Array;
  x: Float64Array;
  y: Float64Array;
  /** Position, x and y of the very last point of the trace. */
  last: readonly [number, number, number] | null;
  note: string | null;
  /** Further columns of the chosen points, where the line was thinned by position. */
  others?: Readonly<Record<string, Column>>;
}

/** The chosen points of the bucket that is still filling. Positions are -1 where there is none. */
interface Bucket {
  low: number;
  lowX: number;
  lowY: number;
  high: number;
  highX: number;
  highY: number;
  gap: number;
  gapX: number;
}

function emptyBucket(): Bucket {
  return { low: -1, lowX: NaN, lowY: NaN, high: -1, highX: NaN, highY: NaN, gap: -1, gapX: NaN };
}

function take(bucket: Bucket, pos: number, x: number, y: number): void {
  if (!Number.isFinite(y)) {
    if (bucket.gap < 0) {
      bucket.gap = pos;
      bucket.gapX = x;
    }
    return;
  }
  if (bucket.low < 0 || y < bucket.lowY) {
    bucket.low = pos;
    bucket.lowX = x;
    bucket.lowY = y;
  }
  if (bucket.high < 0 || y > bucket.highY) {
    bucket.high = pos;
    bucket.highX = x;
    bucket.highY = y;
  }
}

/** A thinned line that grows at its end. */
export class ThinnedLine {
  /** Points in a bucket. */
  bucket: number;
  /** At most so many buckets (a power of two). */
  readonly w: number;
  readonly i0: number;
  readonly note: string | null;
  readonly others: Readonly<Record<string, Column>>;
  #i1: number;
  #pos: NumberColumn;
  #x: NumberColumn;
  #y: NumberColumn;
  #last: [number, number, number] | null;
  /** Where the chosen points of the last bucket begin, and what they are. */
  #tail = 0;
  #open: Bucket = emptyBucket();
  /** Number of the bucket that is still filling: position / b. */
  #number: number;

  constructor(data: LineData, w: number) {
    this.bucket = data.bucket;
    this.w = w;
    this.i0 = data.i0;
    this.note = data.note;
    this.others = data.others ?? {};
    this.#i1 = data.i1;
    this.#pos = NumberColumn.adopt(data.pos);
    this.#x = NumberColumn.adopt(data.x);
    this.#y = NumberColumn.adopt(data.y);
    this.#last = data.last ? [...data.last] : null;
    this.#number = Math.floor(Math.max(data.i0, data.i1 - 1) / data.bucket);
    this.#readTail();
  }

  /** Thins points that lie at positions `start`, `start + 1`, … */
  static of(
    x: ArrayLike<number>,
    y: ArrayLike<number>,
    start: number,
    bucket: number,
    w: number,
  ): ThinnedLine {
    const none = new Float64Array(0);
    const line = new ThinnedLine(
      { bucket, i0: start, i1: start, count: start, pos: none, x: none, y: none, last: null, note: null },
      w,
    );
    line.append(x, y);
    return line;
  }

  /** The position after the last point that is in the line. */
  get i1(): number {
    return this.#i1;
  }

  /** Points to draw; the trace's very last point is among them, though it need be neither low nor high. */
  get length(): number {
    return this.#pos.length + (this.#lastIsApart() ? 1 : 0);
  }

  get last(): readonly [number, number, number] | null {
    return this.#last;
  }

  /** The chosen points themselves, without the last point where that is apart. */
  chosen(): { pos: Float64Array; x: Float64Array; y: Float64Array } {
    return { pos: this.#pos.view(), x: this.#x.view(), y: this.#y.view() };
  }

  /** The points to draw, in order. Views that are right until the line grows. */
  points(): { pos: Float64Array; x: Float64Array; y: Float64Array } {
    if (!this.#lastIsApart()) return this.chosen();
    const [pos, x, y] = this.#last!;
    const length = this.#pos.length;
    this.#pos.push(pos);
    this.#x.push(x);
    this.#y.push(y);
    const views = this.chosen();
    // The last point stays in the buffer behind the end, where the next append overwrites it.
    this.#truncate(length);
    return views;
  }

  /** Adds points that follow the last one: folds them into the last bucket, begins new ones, merges pairs when there are too many. */
  append(x: ArrayLike<number>, y: ArrayLike<number>): void {
    const n = y.length;
    for (let i = 0; i < n; i++) {
      const pos = this.#i1 + i;
      const number = Math.floor(pos / this.bucket);
      if (number !== this.#number) {
        this.#writeTail();
        this.#tail = this.#pos.length;
        this.#open = emptyBucket();
        this.#number = number;
      }
      take(this.#open, pos, x[i]!, y[i]!);
    }
    if (n > 0) {
      this.#i1 += n;
      this.#last = [this.#i1 - 1, x[n - 1]!, y[n - 1]!];
    }
    this.#writeTail();
    const m = this.#i1 - this.i0;
    while (m > 4 * this.w && Math.ceil(m / this.bucket) > this.w) this.#mergePairs();
  }

  #lastIsApart(): boolean {
    return this.#last !== null && (this.#pos.length === 0 || this.#pos.last < this.#last[0]);
  }

  #truncate(length: number): void {
    this.#pos.truncate(length);
    this.#x.truncate(length);
    this.#y.truncate(length);
  }

  #readTail(): void {
    const start = this.#number * this.bucket;
    let tail = this.#pos.length;
    while (tail > 0 && this.#pos.at(tail - 1) >= start) tail--;
    this.#tail = tail;
    this.#open = emptyBucket();
    for (let i = tail; i < this.#pos.length; i++)
      take(this.#open, this.#pos.at(i), this.#x.at(i), this.#y.at(i));
  }

  #writeTail(): void {
    this.#truncate(this.#tail);
    writeBucket(this.#open, this.#pos, this.#x, this.#y);
  }

  #mergePairs(): void {
    const size = this.bucket * 2;
    const pos = new NumberColumn(this.#pos.length);
    const x = new NumberColumn(this.#pos.length);
    const y = new NumberColumn(this.#pos.length);
    let number = -1;
    let open = emptyBucket();
    let tail = 0;
    for (let i = 0; i < this.#pos.length; i++) {
      const at = this.#pos.at(i);
      const of = Math.floor(at / size);
      if (of !== number) {
        if (number >= 0) writeBucket(open, pos, x, y);
        tail = pos.length;
        open = emptyBucket();
        number = of;
      }
      take(open, at, this.#x.at(i), this.#y.at(i));
    }
    if (number >= 0) writeBucket(open, pos, x, y);
    this.bucket = size;
    this.#pos = pos;
    this.#x = x;
    this.#y = y;
    this.#open = open;
    this.#tail = tail;
    this.#number = number;
  }
}

/** Appends a bucket's chosen points in order of position, each once. */
function writeBucket(bucket: Bucket, pos: NumberColumn, x: NumberColumn, y: NumberColumn): void {
  const put = (at: number, px: number, py: number): void => {
    pos.push(at);
    x.push(px);
    y.push(py);
  };
  const { low, high, gap } = bucket;
  const lowFirst = low <= high;
  const first = lowFirst ? low : high;
  const second = lowFirst ? high : low;
  if (gap >= 0 && (low < 0 || gap < first)) put(gap, bucket.gapX, Number.NaN);
  if (low < 0) return;
  if (lowFirst) put(low, bucket.lowX, bucket.lowY);
  else put(high, bucket.highX, bucket.highY);
  if (gap > first && gap < second) put(gap, bucket.gapX, Number.NaN);
  if (second !== first) {
    if (lowFirst) put(high, bucket.highX, bucket.highY);
    else put(low, bucket.lowX, bucket.lowY);
  }
  if (gap > second) put(gap, bucket.gapX, Number.NaN);
}
