/**
 * A run of one trace's points as this page holds it: whole while it is short, thinned once it is longer than a fresh request would
 * send whole. Used for the overview of a trace and for the finer lines of a zoomed plot.
 */

import { Columns, type Column } from './columns';
import { bucketsFor, chooseBucket, ThinnedLine, type LineData } from './thinning';
import type { TraceData } from './types';

/** Points as they come in a frame, decoded. */
export interface Points {
  offset: number;
  n: number;
  columns: Record<string, Column>;
  /** Whether x never falls in the whole trace, these points included. */
  monotone: boolean;
}

/**
 * - `same`: all of it was there already;
 * - `grown`: appended;
 * - `gap`: points before these are missing;
 * - `unfit`: the line cannot take them (it is thinned by position, or x fell): ask for a new one.
 */
export type Appended = 'same' | 'grown' | 'gap' | 'unfit';

export class Line {
  readonly start: number;
  readonly #w: number;
  #whole: Columns | null;
  #thin: ThinnedLine | null;
  #data: TraceData | null = null;

  private constructor(start: number, w: number, whole: Columns | null, thin: ThinnedLine | null) {
    this.start = start;
    this.#w = w;
    this.#whole = whole;
    this.#thin = thin;
  }

  /** An empty line, to be filled by `append`; `start` is the position of its first point. */
  static empty(start: number, widthPx: number): Line {
    return new Line(start, bucketsFor(widthPx), new Columns(), null);
  }

  static thinned(data: LineData, widthPx: number): Line {
    const w = bucketsFor(widthPx);
    return new Line(data.i0, w, null, new ThinnedLine(data, w));
  }

  /** The position after the last point. */
  get end(): number {
    return this.#thin ? this.#thin.i1 : this.start + this.#whole!.length;
  }

  /** x of the last point, or NaN when there is none (or no numbers). */
  get lastX(): number {
    if (this.#thin) return this.#thin.last?.[1] ?? this.#thin.chosen().x.at(-1) ?? Number.NaN;
    return this.#whole!.numbers('x')?.at(-1) ?? Number.NaN;
  }

  /** Whether the points are numbers x and y (and times, which no line shows), so that buckets can stand for them. */
  get isFoldable(): boolean {
    return (
      this.#thin !== null || this.#whole!.names.every((name) => name === 'x' || name === 'y' || name === 't')
    );
  }

  /** Whether every point from `start` to `end` is here. */
  get isWhole(): boolean {
    return this.#thin === null;
  }

  /** What plots draw; views that are right until the line grows. */
  get data(): TraceData {
    return (this.#data ??= this.#view());
  }

  append(points: Points): Appended {
    const end = this.end;
    if (points.offset > end) return 'gap';
    const known = end - points.offset;
    if (known >= points.n) return 'same';
    const columns = known > 0 ? cut(points.columns, known) : points.columns;
    if (this.#thin) {
      const { x, y } = columns;
      const fits = points.monotone && this.#thin.note === null && Object.keys(this.#thin.others).length === 0;
      if (!fits || !(x instanceof Float64Array) || !(y instanceof Float64Array)) return 'unfit';
      this.#thin.append(x, y);
    } else {
      this.#whole!.append(points.n - known, columns);
      if (points.monotone) this.#thinIfLong();
    }
    this.#data = null;
    return 'grown';
  }

  /** Forgets the points from a position on. Of a thinned line nobody knows what its last buckets were before: false. */
  truncate(end: number): boolean {
    if (end >= this.end) return true;
    if (this.#thin) return false;
    this.#whole!.truncate(Math.max(0, end - this.start));
    this.#data = null;
    return true;
  }

  /** What a fresh request would not send whole is not kept whole either: memory stays bounded, however long a run is. */
  #thinIfLong(): void {
    const whole = this.#whole!;
    const bucket = chooseBucket(whole.length, this.#w);
    if (bucket === 1 || !this.isFoldable) return;
    const x = whole.numbers('x');
    const y = whole.numbers('y');
    if (!x || !y) return;
    this.#thin = ThinnedLine.of(x, y, this.start, bucket, this.#w);
    this.#whole = null;
  }

  #view(): TraceData {
    if (this.#thin === null) {
      return { kind: 'whole', length: this.#whole!.length, columns: this.#whole!.views() };
    }
    const { pos, x, y } = this.#thin.points();
    return {
      kind: 'thinned',
      length: pos.length,
      pos,
      x,
      y,
      others: this.#thin.others,
      bucket: this.#thin.bucket,
      note: this.#thin.note,
    };
  }
}

function cut(columns: Record<string, Column>, from: number): Record<string, Column> {
  return Object.fromEntries(
    Object.entries(columns).map(([name, values]) => [
      name,
      values instanceof Float64Array ? values.subarray(from) : values.slice(from),
    ]),
  );
}
