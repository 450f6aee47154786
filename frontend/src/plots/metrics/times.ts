/**
 * Lines over time. Pages are not sent the times of points unless they ask; this asks for those of the lines of one pane, and for what came
 * since, at most once a second.
 */

import type { AppendOp, LineOp, Op, Question } from '../../live/frames';
import { Line as HeldLine } from '../../live/line';
import { decodeColumns, decodeLine } from '../../live/trace';
import { decodeColumn } from '../../live/columns';
import type { TraceData, TraceState } from '../../live/types';
import type { Drawable } from '../painter';
import { envelope, inOrder, NOTHING, placeOf, pointsOf, type Band, type Points } from './curves';
import { upTo, type Range } from './ranges';
import { madeOf, type Given, type Line } from './shape';

const AGAIN_MS = 1_000;
const REST_MS = 80;

/** One line by step and by time: the same points, chosen by their values alone. */
interface Timed {
  gen: number;
  steps: HeldLine;
  times: HeldLine;
  /** Some times lie evenly between those that are known. */
  isBetween: boolean;
}

/** A finer line of what is zoomed to. */
interface Finer {
  key: string;
  data: TraceData | null;
}

/** When the run of each env began, by what is watched and the env's number in it. All panes of a page share it. */
const zeros = new Map<string, number>();

export class Times {
  readonly #redraw: () => void;
  readonly #lines = new Map<number, Timed>();
  readonly #finer = new Map<number, Finer>();
  #given: Given | null = null;
  #askedAt = 0;
  #isAsking = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(redraw: () => void) {
    this.#redraw = redraw;
  }

  /** Keeps the times of these lines at hand from now on; null ends it. */
  watch(given: Given | null): void {
    this.#given = given;
    if (given === null) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#lines.clear();
      this.#finer.clear();
      return;
    }
    if (this.#behind().length > 0 || this.#coarse().length > 0) this.#askSoon();
  }

  /** A trace over time; null while its times are on their way. */
  lineOf(
    { trace }: Drawable,
    x: 'relative' | 'wall',
    withEnvelope: boolean,
    notes: Set<string>,
  ): Line | null {
    const held = this.#lines.get(trace.id);
    if (!held) return null;
    const data = this.#finer.get(trace.id)?.data ?? held.times.data;
    const seconds = pointsOf(data) ?? NOTHING;
    const zero = zeros.get(this.#zeroKey(trace)) ?? 0;
    const shift = x === 'wall' ? (t: number) => t * 1_000 : (t: number) => t - zero;
    const timed: Points = { x: Float64Array.from(seconds.x, shift), y: seconds.y };
    const { points, wasInOrder } = inOrder(timed);
    if (points.x.length < timed.x.length) notes.add('Points without a time are left out.');
    if (held.isBetween) notes.add('Times between known ones are taken to be even.');
    let line = points;
    let band: Band | null = null;
    if (
      withEnvelope &&
      data.kind === 'thinned' &&
      data.bucket > 1 &&
      wasInOrder &&
      points.x.length === timed.x.length
    ) {
      ({ middle: line, band } = envelope(points, data.pos, data.bucket));
    }
    return madeOf(line, points, band);
  }

  #zeroKey(trace: TraceState): string {
    return `${this.#given?.live.name ?? ''}\n${trace.n ?? ''}`;
  }

  /** Lines whose times do not reach to their end. */
  #behind(): TraceState[] {
    return this.#traces().filter((trace) => {
      const held = this.#lines.get(trace.id);
      return !held || held.gen !== trace.gen || held.times.end < trace.count;
    });
  }

  /** Lines that are too coarse for what is zoomed to. */
  #coarse(): { trace: TraceState; key: string; steps: Range }[] {
    const range = this.#given?.range ?? null;
    if (!range) {
      this.#finer.clear();
      return [];
    }
    return this.#traces().flatMap((trace) => {
      const held = this.#lines.get(trace.id);
      if (held?.times.data.kind !== 'thinned') return [];
      const steps = this.#stepsOf(trace, held, range);
      if (!steps) return [];
      const key = JSON.stringify([range, steps, held.gen]);
      return this.#finer.get(trace.id)?.key === key ? [] : [{ trace, key, steps }];
    });
  }

  #traces(): TraceState[] {
    return this.#given?.drawables.map(({ trace }) => trace) ?? [];
  }

  /** The steps of a stretch of time, by the points that are here. */
  #stepsOf(trace: TraceState, held: Timed, [from, to]: Range): Range | null {
    const zero = zeros.get(this.#zeroKey(trace)) ?? 0;
    const seconds =
      this.#given?.settings.x === 'wall' ? [from / 1_000, to / 1_000] : [from + zero, to + zero];
    const times = pointsOf(held.times.data)?.x;
    const steps = pointsOf(held.steps.data)?.x;
    if (!times || !steps || times.length === 0) return null;
    const first = Math.max(0, placeOf(times, seconds[0]!) - 1);
    const last = Math.min(times.length - 1, upTo(times, seconds[1]!));
    return steps[first]! <= steps[last]! ? [steps[first]!, steps[last]!] : null;
  }

  #askSoon(): void {
    if (this.#timer !== undefined || this.#isAsking) return;
    const wait = this.#lines.size === 0 ? 0 : Math.max(REST_MS, this.#askedAt + AGAIN_MS - Date.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#ask();
    }, wait);
  }

  async #ask(): Promise<void> {
    const given = this.#given;
    if (!given) return;
    this.#isAsking = true;
    this.#askedAt = Date.now();
    const width = Math.max(16, given.widthPx);
    const behind = this.#behind();
    const coarse = this.#coarse();
    const questions: { question: Question; take: (ops: readonly Op[]) => void }[] = [];
    if (behind.length > 0) {
      const have = Object.fromEntries(
        behind.flatMap(({ id }): [number, [number, number]][] => {
          const held = this.#lines.get(id);
          return held ? [[id, [held.gen, held.times.end]]] : [];
        }),
      );
      questions.push({
        question: { traces: behind.map(({ id }) => id), time: true, width, have },
        take: (ops) => this.#take(ops, width),
      });
    }
    for (const { key, steps, traces } of alike(coarse)) {
      questions.push({
        question: { traces, time: true, width, x0: steps[0], x1: steps[1] },
        take: (ops) => this.#takeFiner(ops, traces, key, width),
      });
    }
    const answers = await Promise.all(
      questions.map(async ({ question, take }) => {
        const ops = await given.live.session.ask(question);
        if (ops && this.#given) take(ops);
        return ops !== null;
      }),
    );
    this.#isAsking = false;
    if (!this.#given) return;
    // Without a connection there is no answer: it is tried again until there is one.
    if (answers.includes(false)) this.#askSoon();
    else this.#redraw();
  }

  #take(ops: readonly Op[], width: number): void {
    for (const op of ops) {
      const trace = this.#traces().find(({ id }) => id === op[1]);
      if (!trace) continue;
      if (op[0] === 'z') {
        const key = this.#zeroKey(trace);
        zeros.set(key, Math.min(op[2], zeros.get(key) ?? Infinity));
      } else if (op[0] === 'l' || op[0] === 'a') {
        const timed = grown(this.#lines.get(trace.id), op, width);
        if (timed) this.#lines.set(trace.id, timed);
        else this.#lines.delete(trace.id);
      }
    }
  }

  #takeFiner(ops: readonly Op[], traces: readonly number[], key: string, width: number): void {
    for (const op of ops) {
      if ((op[0] !== 'l' && op[0] !== 'a') || !traces.includes(op[1])) continue;
      const timed = grown(undefined, op, width);
      if (timed) this.#finer.set(op[1], { key, data: timed.times.data });
    }
    for (const id of traces) {
      if (this.#finer.get(id)?.key !== key) this.#finer.set(id, { key, data: null });
    }
  }
}

/** Requests for the same stretch in one. */
function alike(
  coarse: readonly { trace: TraceState; key: string; steps: Range }[],
): { key: string; steps: Range; traces: number[] }[] {
  const found = new Map<string, { key: string; steps: Range; traces: number[] }>();
  for (const { trace, key, steps } of coarse) {
    const group = found.get(key) ?? { key, steps, traces: [] };
    group.traces.push(trace.id);
    found.set(key, group);
  }
  return [...found.values()];
}

/** A line after an op of the wire; undefined where points before those of the op are missing. */
function grown(held: Timed | undefined, op: AppendOp | LineOp, width: number): Timed | undefined {
  if (op[0] === 'l') {
    const [, , gen, wire] = op;
    const data = decodeLine(wire);
    const t = wire.t ? decodeColumn(wire.t) : null;
    const times = t instanceof Float64Array ? t : new Float64Array(data.pos.length).fill(Number.NaN);
    const last = data.last ? ([data.last[0], wire.last?.[3] ?? Number.NaN, data.last[2]] as const) : null;
    return {
      gen,
      steps: HeldLine.thinned(data, width),
      times: HeldLine.thinned({ ...data, pos: data.pos.slice(), y: data.y.slice(), x: times, last }, width),
      isBetween: wire.between ?? false,
    };
  }
  const [, , gen, offset, n, wire] = op;
  const isMore = held !== undefined && held.gen === gen && offset > 0;
  if (offset > 0 && (!isMore || held.times.end < offset)) return undefined;
  const { x, y, t } = decodeColumns(wire);
  if (!x || !y) return undefined;
  const timed = isMore
    ? held
    : { gen, steps: HeldLine.empty(0, width), times: HeldLine.empty(0, width), isBetween: false };
  const times = t ?? new Float64Array(n).fill(Number.NaN);
  timed.steps.append({ offset, n, columns: { x, y }, monotone: true });
  timed.times.append({ offset, n, columns: { x: times, y: y.slice() }, monotone: true });
  return timed;
}
