/** One trace as this page holds it: its looks, its overview line, and the finer lines that zoomed plots asked for. */

import { decodeColumn, numbersOf, type Column, type WireColumn } from './columns';
import type { AppendOp, WireLine, WireTrace } from './frames';
import { Line, type Points } from './line';
import type { LineData } from './thinning';
import type { TraceData, TraceState } from './types';

const NONE: TraceData = { kind: 'none' };

/** Points that are kept while a line is on its way; more are asked for again. */
const MAX_WAITING = 65_536;

/** A finer line of one trace for one plot. */
export interface Detail {
  /** Up to this x; null: to the end of the trace, wherever that is. */
  readonly x1: number | null;
  line: Line | null;
  /** Points that came while the line was on its way. */
  waiting: Points[];
  /** It can no longer be brought up to date from what came: it is to be asked for again. */
  stale: boolean;
}

export class Trace implements TraceState {
  readonly id: number;
  index = 0;
  name = '';
  gen = -1;
  count = 0;
  columns: readonly string[] = [];
  monotone = true;
  dates = false;
  attrs: Record<string, unknown> = {};
  n: number | undefined;
  version = 0;
  readonly details = new Set<Detail>();
  readonly #widthPx: number;
  #line: Line | null = null;
  /** The line is to be asked for again although it is not short. */
  #unfit = false;
  #waiting: Points[] = [];
  #listeners = new Set<() => void>();
  #told: TraceData = NONE;

  constructor(id: number, widthPx: number) {
    this.id = id;
    this.#widthPx = widthPx;
  }

  get data(): TraceData {
    if (this.#line && (this.held > 0 || this.count === 0)) return this.#line.data;
    return this.count === 0 && this.gen >= 0 ? EMPTY : NONE;
  }

  /** How many points from the first on are held or folded into the line: what `sub` tells the server. */
  get held(): number {
    return this.#line?.end ?? 0;
  }

  /** Whether the line must be asked for before it shows all there is. */
  get isBehind(): boolean {
    return this.#unfit || this.held < this.count;
  }

  /** Takes over the looks from a window op. Points stay where the generation is the same. */
  describe(wire: WireTrace): void {
    this.index = wire.index;
    this.name = wire.name;
    this.columns = wire.columns;
    this.monotone = wire.monotone;
    this.dates = wire.dates;
    this.attrs = wire.attrs;
    this.n = wire.n;
    if (wire.gen !== this.gen) this.#restart(wire.gen);
    this.count = Math.max(this.count, wire.count);
  }

  append([, , gen, offset, n, wire, monotone]: AppendOp, wholePoints: number): void {
    if (gen < this.gen) return;
    if (gen > this.gen) this.#rewind(gen, offset);
    if (offset + n >= this.count) {
      this.count = offset + n;
      this.monotone = monotone;
    }
    if (this.#unfit && offset === 0 && n >= this.count) {
      // All there is: whatever was held before does not matter.
      this.#line = null;
      this.#unfit = false;
    }
    const points = { offset, n, columns: decodeColumns(wire), monotone };
    for (const detail of this.details) extend(detail, points);
    this.#extend(points);
    // The server thins by position what it cannot put into buckets.
    const line = this.#line;
    if (line?.isWhole && this.count > wholePoints && !(this.monotone && line.isFoldable)) this.#unfit = true;
  }

  /** Takes a thinned line that covers the whole trace. */
  replace(gen: number, wire: WireLine): void {
    if (gen < this.gen) return;
    if (gen > this.gen) this.#restart(gen);
    // An answer that was overtaken by appends says less than what is here.
    if (!this.#unfit && this.#line && wire.i1 < this.#line.end) return;
    this.#line = Line.thinned(decodeLine(wire), this.#widthPx);
    this.#unfit = false;
    this.count = Math.max(this.count, wire.count);
    this.#catchUp();
  }

  /** The server has more points than it sends: they come with the next line. */
  grow(gen: number, count: number): void {
    if (gen < this.gen) return;
    if (gen > this.gen) this.#restart(gen);
    this.count = Math.max(this.count, count);
    for (const detail of this.details) if (detail.x1 === null || this.#reaches(detail)) detail.stale = true;
  }

  /** Becomes what another object of the same trace is; plots keep this one. */
  become(other: Trace): void {
    this.index = other.index;
    this.name = other.name;
    this.columns = other.columns;
    this.monotone = other.monotone;
    this.dates = other.dates;
    this.attrs = other.attrs;
    this.n = other.n;
    this.gen = other.gen;
    this.count = other.count;
    this.#line = other.#line;
    this.#unfit = other.#unfit;
    this.#waiting = other.#waiting;
    for (const detail of this.details) detail.stale = true;
  }

  onData(callback: () => void): () => void {
    this.#listeners.add(callback);
    return () => this.#listeners.delete(callback);
  }

  /** Tells the plots, if `data` changed since they were told. */
  tell(): void {
    const { data } = this;
    if (data === this.#told) return;
    this.#told = data;
    this.version++;
    for (const listener of this.#listeners) listener();
  }

  #restart(gen: number): void {
    this.gen = gen;
    this.count = 0;
    this.#line = null;
    this.#unfit = false;
    this.#waiting = [];
    for (const detail of this.details) detail.stale = true;
  }

  /** Another generation that differs from a position on only. */
  #rewind(gen: number, offset: number): void {
    this.gen = gen;
    this.count = offset;
    this.#waiting = [];
    if (this.#line && !this.#line.truncate(offset)) this.#unfit = true;
    for (const detail of this.details) if (!detail.line || detail.line.end > offset) detail.stale = true;
  }

  #extend(points: Points): void {
    if (this.#unfit) {
      this.#wait(points);
      return;
    }
    if (this.#line === null && points.offset === 0) this.#line = Line.empty(0, this.#widthPx);
    const outcome = this.#line ? this.#line.append(points) : 'gap';
    if (outcome === 'unfit') this.#unfit = true;
    else if (outcome === 'gap') this.#wait(points);
    else if (outcome === 'grown' && this.#waiting.length > 0) this.#catchUp();
  }

  #wait(points: Points): void {
    this.#waiting.push(points);
    let held = this.#waiting.reduce((sum, { n }) => sum + n, 0);
    while (held > MAX_WAITING) held -= this.#waiting.shift()!.n;
  }

  #catchUp(): void {
    const waiting = this.#waiting.sort((a, b) => a.offset - b.offset);
    this.#waiting = [];
    for (const points of waiting) this.#extend(points);
  }

  /** Whether a finer line ends where the trace ended when it was asked for. */
  #reaches(detail: Detail): boolean {
    return detail.line !== null && detail.line.end >= this.held;
  }
}

const EMPTY: TraceData = { kind: 'whole', length: 0, columns: {} };

/** Adds points to a finer line, up to the x it ends at and one beyond, so that the line reaches the edge. */
export function extend(detail: Detail, points: Points): void {
  if (detail.stale) return;
  if (!detail.line) {
    detail.waiting.push(points);
    return;
  }
  let { n, columns } = points;
  if (detail.x1 !== null) {
    const { x } = columns;
    if (!(x instanceof Float64Array) || detail.line.lastX > detail.x1) return;
    n = 0;
    while (n < x.length && x[n]! <= detail.x1) n++;
    n = Math.min(n + 1, x.length);
    columns = Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, values.slice(0, n)]));
  }
  const outcome = detail.line.append({ ...points, n, columns });
  if (outcome === 'gap' || outcome === 'unfit') detail.stale = true;
}

export function decodeColumns(wire: Record<string, WireColumn>): Record<string, Column> {
  return Object.fromEntries(Object.entries(wire).map(([name, column]) => [name, decodeColumn(column)]));
}

const NOT_COLUMNS = new Set([
  'b',
  'i0',
  'i1',
  'count',
  'pos',
  'x',
  'y',
  'last',
  'x0',
  'x1',
  'note',
  't',
  'between',
]);

export function decodeLine(wire: WireLine): LineData {
  const { last } = wire;
  const others = Object.entries(wire).filter(([name]) => !NOT_COLUMNS.has(name)) as [string, WireColumn][];
  return {
    bucket: wire.b,
    i0: wire.i0,
    i1: wire.i1,
    count: wire.count,
    pos: numbers(wire.pos),
    x: numbers(wire.x),
    y: numbers(wire.y),
    // Of a range that ends earlier, the trace's last point is no part.
    last: last && last[0] === wire.i1 - 1 ? [last[0], last[1], last[2] ?? Number.NaN] : null,
    note: wire.note ?? null,
    others: decodeColumns(Object.fromEntries(others)),
  };
}

function numbers(wire: WireColumn): Float64Array {
  const column = wire instanceof Uint8Array ? numbersOf(wire) : decodeColumn(wire);
  if (!(column instanceof Float64Array)) throw new TypeError('A thinned line holds numbers only.');
  return column;
}
