/**
 * Lines over the values of another metric, matched by step. Where the page holds all points of both they are matched here; else the server
 * matches them, and says how exactly.
 */

import { decodeColumn, type WireColumn } from '../../live/columns';
import type { Op, PairOp } from '../../live/frames';
import type { TraceState, WindowState } from '../../live/types';
import { formatValue } from '../series';
import type { Drawable } from '../painter';
import { inOrder, NOTHING, pointsOf, type Points } from './curves';
import type { Given, Line } from './shape';

/** Matching reads all of both lines on the server: not asked for more often than this. */
const AGAIN_MS = 2_000;
const COMPARED = 'metric:key:';

interface Paired {
  other: TraceState;
  gen: readonly [number, number];
  count: readonly [number, number];
  points: Points;
  bucket: number;
  isExact: boolean;
}

/** The name under which a metric was logged, whether its window is an env's or a comparison's. */
export function nameOf({ key }: WindowState): string {
  return key.startsWith(COMPARED) ? key.slice(COMPARED.length) : key;
}

export class Against {
  readonly #redraw: () => void;
  readonly #paired = new Map<number, Paired>();
  readonly #others = new Map<number, TraceState>();
  readonly #stops = new Map<number, () => void>();
  #given: Given | null = null;
  #metric = '';
  #askedAt = 0;
  #isAsking = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(redraw: () => void) {
    this.#redraw = redraw;
  }

  watch(given: Given | null, metric: string): void {
    if (metric !== this.#metric) this.#paired.clear();
    const live = (given ?? this.#given)?.live;
    this.#metric = metric;
    this.#given = given;
    this.#others.clear();
    const pane = given?.live.windows.find((each) => each.kind === 'metric' && nameOf(each) === metric);
    for (const { trace } of given?.drawables ?? []) {
      const other = pane?.traces.find(({ n }) => n === trace.n);
      if (other) this.#others.set(trace.id, other);
    }
    const wanted = this.#follow();
    // They are kept up to date, though their own pane may be off the screen.
    live?.want({ owner: this, traces: wanted, range: null, widthPx: 1 });
    if (given === null) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
    } else if (this.#behind().length > 0) this.#askSoon();
  }

  /** A trace over the other metric; null while it is on its way. */
  lineOf({ trace, data }: Drawable, notes: Set<string>): Line | null {
    const other = this.#others.get(trace.id);
    if (!other) {
      notes.add(`“${this.#metric}” is not there for every line.`);
      return lineThrough(NOTHING);
    }
    if (data.kind === 'whole' && other.data.kind === 'whole') {
      return lineThrough(matched(pointsOf(data) ?? NOTHING, pointsOf(other.data) ?? NOTHING));
    }
    const paired = this.#paired.get(trace.id);
    if (!paired || paired.other !== other) return null;
    if (!paired.isExact) notes.add(`“${this.#metric}” is taken between known steps: approximate.`);
    else if (paired.bucket > 1)
      notes.add(`Of each ${formatValue(paired.bucket)} steps the lowest and highest values are shown.`);
    return lineThrough(paired.points);
  }

  /** Draws again when the other lines have more points. Returns those lines. */
  #follow(): TraceState[] {
    const wanted = new Map([...this.#others.values()].map((trace) => [trace.id, trace]));
    for (const [id, stop] of [...this.#stops]) {
      if (wanted.has(id)) continue;
      stop();
      this.#stops.delete(id);
    }
    for (const [id, trace] of wanted) {
      if (!this.#stops.has(id)) this.#stops.set(id, trace.onData(this.#redraw));
    }
    return [...wanted.values()];
  }

  /** Pairs that the page cannot match itself, and of which there is more by now. */
  #behind(): [TraceState, TraceState][] {
    return (this.#given?.drawables ?? []).flatMap(({ trace, data }): [TraceState, TraceState][] => {
      const other = this.#others.get(trace.id);
      if (!other || (data.kind === 'whole' && other.data.kind === 'whole')) return [];
      const held = this.#paired.get(trace.id);
      const isNow =
        held?.other === other &&
        held.gen[0] === trace.gen &&
        held.gen[1] === other.gen &&
        held.count[0] >= trace.count &&
        held.count[1] >= other.count;
      return isNow ? [] : [[trace, other]];
    });
  }

  #askSoon(): void {
    if (this.#timer !== undefined || this.#isAsking) return;
    const wait = this.#paired.size === 0 ? 0 : Math.max(0, this.#askedAt + AGAIN_MS - Date.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#ask();
    }, wait);
  }

  async #ask(): Promise<void> {
    const given = this.#given;
    const behind = this.#behind();
    if (!given || behind.length === 0) return;
    this.#isAsking = true;
    this.#askedAt = Date.now();
    const pairs = behind.map(([own, other]): [number, number] => [own.id, other.id]);
    const ops = await given.live.session.ask({ pairs, width: Math.max(16, given.widthPx) });
    this.#isAsking = false;
    if (!this.#given) return;
    if (ops === null) {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        void this.#ask();
      }, AGAIN_MS);
      return;
    }
    this.#take(ops, behind);
    this.#redraw();
  }

  #take(ops: readonly Op[], asked: readonly [TraceState, TraceState][]): void {
    const pairs = new Map(ops.filter((op): op is PairOp => op[0] === 'p').map((op) => [op[1], op]));
    for (const [own, other] of asked) {
      const said = pairs.get(own.id);
      // No answer for it: one of the two is gone, and the page will hear of that.
      const wire = said && said[2] === other.id ? said[3] : null;
      this.#paired.set(own.id, {
        other,
        gen: wire?.gen ?? [own.gen, other.gen],
        count: wire?.count ?? [own.count, other.count],
        points: wire ? { x: numbers(wire.x), y: numbers(wire.y) } : NOTHING,
        bucket: wire?.b ?? 1,
        isExact: wire?.exact ?? true,
      });
    }
  }
}

function numbers(wire: WireColumn): Float64Array {
  const column = decodeColumn(wire);
  return column instanceof Float64Array ? column : new Float64Array(0);
}

/** The points of both at the steps that both have: the values of the other as x. Steps rise in both. */
export function matched(own: Points, other: Points): Points {
  const x: number[] = [];
  const y: number[] = [];
  let k = 0;
  for (let i = 0; i < own.x.length; i++) {
    const step = own.x[i]!;
    while (k < other.x.length && other.x[k]! < step) k++;
    if (k === other.x.length) break;
    if (other.x[k] !== step) continue;
    x.push(other.y[k]!);
    y.push(own.y[i]!);
  }
  return { x: Float64Array.from(x), y: Float64Array.from(y) };
}

/** Drawn from step to step, however x goes; values are read off in order of x. */
function lineThrough(points: Points): Line {
  const { points: sorted, wasInOrder } = inOrder(points);
  return wasInOrder
    ? { ...sorted, points: sorted, band: null, behind: null, rises: true }
    : { ...points, points: sorted, band: null, behind: null, rises: false };
}
