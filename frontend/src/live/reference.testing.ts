/**
 * For tests: the rules of docs/protocol.md written down as slowly and plainly as they read, and a server that follows them. What the
 * page does with clever buffers is compared with this.
 */

import type { AppendOp, Delta, Op, Snap, WireLine, WireTrace, WireWindow } from './frames';
import type { Store } from './store';

export type Point = readonly [x: number, y: number];

const WIDTH = 4;

export function f8(values: readonly number[]): { dtype: string; bdata: Uint8Array } {
  return { dtype: 'f8', bdata: new Uint8Array(Float64Array.from(values).buffer) };
}

/** The chosen points of a range, as [position, x, y]. */
export function slowThin(
  points: readonly Point[],
  i0: number,
  i1: number,
  bucket: number,
): [number, number, number][] {
  const buckets = new Map<number, number[]>();
  for (let i = i0; i < i1; i++) {
    const number = Math.floor(i / bucket);
    buckets.set(number, [...(buckets.get(number) ?? []), i]);
  }
  return [...buckets.values()].flatMap((positions) => {
    const finite = positions.filter((i) => Number.isFinite(points[i]![1]));
    const gap = positions.find((i) => !Number.isFinite(points[i]![1]));
    const chosen = new Set<number>();
    if (finite.length > 0) {
      chosen.add(finite.reduce((best, i) => (points[i]![1] < points[best]![1] ? i : best)));
      chosen.add(finite.reduce((best, i) => (points[i]![1] > points[best]![1] ? i : best)));
    }
    if (gap !== undefined) chosen.add(gap);
    return [...chosen]
      .sort((a, b) => a - b)
      .map((i): [number, number, number] => {
        const [x, y] = points[i]!;
        return [i, x, Number.isFinite(y) ? y : Number.NaN];
      });
  });
}

export function slowBucket(count: number, widthPx: number): number {
  const w = 2 ** Math.ceil(Math.log2(widthPx));
  if (count <= 4 * w) return 1;
  let b = 1;
  while (Math.ceil(count / b) > w) b *= 2;
  return b;
}

export function appendOp(
  id: number,
  gen: number,
  offset: number,
  points: readonly Point[],
  monotone = true,
): AppendOp {
  return [
    'a',
    id,
    gen,
    offset,
    points.length,
    { x: f8(points.map(([x]) => x)), y: f8(points.map(([, y]) => y)) },
    monotone,
  ];
}

/** What a fresh request for the whole trace, or a range of positions of it, brings. */
export function lineOp(
  id: number,
  gen: number,
  points: readonly Point[],
  widthPx: number,
  i0 = 0,
  i1 = points.length,
): Op {
  const b = slowBucket(i1 - i0, widthPx);
  if (b === 1) return appendOp(id, gen, i0, points.slice(i0, i1));
  const chosen = slowThin(points, Math.floor(i0 / b) * b, i1, b);
  const [lastX, lastY] = points.at(-1)!;
  const line: WireLine = {
    b,
    i0,
    i1,
    count: points.length,
    pos: f8(chosen.map(([pos]) => pos)),
    x: f8(chosen.map(([, x]) => x)),
    y: f8(chosen.map(([, , y]) => y)),
    last: [points.length - 1, lastX, lastY],
  };
  return ['l', id, gen, line];
}

interface ServedTrace {
  id: number;
  gen: number;
  points: Point[];
}

interface ServedWindow {
  id: number;
  key: string;
  title: string;
  rev: number;
  traces: ServedTrace[];
}

/** A server with one env. Each change returns the delta that it sends; `answer` is what it says to a `sub`. */
export class SlowServer {
  rev = 0;
  windows: ServedWindow[] = [];
  closed: { id: number; key: string; rev: number }[] = [];
  #ids = 0;

  put(key: string, title: string): Delta {
    this.rev++;
    const old = this.windows.find((window) => window.key === key);
    const window: ServedWindow = {
      id: old?.id ?? ++this.#ids,
      key,
      title,
      rev: this.rev,
      traces: [{ id: old?.traces[0]?.id ?? ++this.#ids, gen: (old?.traces[0]?.gen ?? 0) + 1, points: [] }],
    };
    this.windows = [...this.windows.filter((other) => other !== old), window].sort((a, b) => a.id - b.id);
    return this.#delta([this.#windowOp(window)]);
  }

  rename(key: string, title: string): Delta {
    const window = this.windows.find((other) => other.key === key);
    if (!window) return this.put(key, title);
    window.rev = ++this.rev;
    window.title = title;
    return this.#delta([this.#windowOp(window)]);
  }

  append(key: string, ys: readonly number[]): Delta {
    const window = this.windows.find((other) => other.key === key);
    if (!window) return this.put(key, key);
    this.rev++;
    const trace = window.traces[0]!;
    const offset = trace.points.length;
    const points = ys.map((y, i): Point => [offset + i, y]);
    trace.points.push(...points);
    return this.#delta([appendOp(trace.id, trace.gen, offset, points)]);
  }

  /** The points from a position on become others, as when a metric's last steps are logged again. */
  rewrite(key: string, share: number, ys: readonly number[]): Delta {
    const window = this.windows.find((other) => other.key === key);
    if (!window) return this.put(key, key);
    this.rev++;
    const trace = window.traces[0]!;
    const offset = Math.floor(trace.points.length * share);
    const points = ys.map((y, i): Point => [offset + i, y]);
    trace.gen++;
    trace.points = [...trace.points.slice(0, offset), ...points];
    return this.#delta([appendOp(trace.id, trace.gen, offset, points)]);
  }

  close(key: string): Delta {
    const window = this.windows.find((other) => other.key === key);
    if (!window) return this.put(key, key);
    this.rev++;
    this.windows = this.windows.filter((other) => other !== window);
    this.closed.push({ id: window.id, key, rev: this.rev });
    return this.#delta([['x', window.id, key]]);
  }

  /** The answer to a `sub`, in parts. */
  answer(rev: number | null, have: Record<string, [number, number]>, parts = 1, full = rev === null): Snap[] {
    const ops: Op[] = [
      ['e', { name: 'run', workspace: 'ada', status: 'running', config: {}, tags: [], revision: this.rev }],
    ];
    if (!full) {
      for (const { id, key, rev: at } of this.closed) if (at > (rev ?? 0)) ops.push(['x', id, key]);
    }
    for (const window of this.windows) {
      if (full || window.rev > (rev ?? 0)) ops.push(this.#windowOp(window));
      for (const trace of window.traces) {
        const [gen, count] = full ? [-1, 0] : (have[trace.id] ?? [-1, 0]);
        if (gen === trace.gen && count === trace.points.length) continue;
        if (gen === trace.gen && trace.points.length - count <= 4 * WIDTH) {
          ops.push(appendOp(trace.id, gen, count, trace.points.slice(count)));
        } else ops.push(lineOp(trace.id, trace.gen, trace.points, WIDTH));
      }
    }
    const size = Math.ceil(ops.length / parts);
    return Array.from({ length: parts }, (_, part) => ({
      t: 'snap',
      env: 7,
      name: 'ada/run',
      rev: this.rev,
      role: 'editor',
      full,
      part,
      last: part === parts - 1,
      ops: ops.slice(part * size, (part + 1) * size),
    }));
  }

  line(id: number): Op {
    const trace = this.windows.flatMap((window) => window.traces).find((other) => other.id === id)!;
    return lineOp(id, trace.gen, trace.points, WIDTH);
  }

  #delta(ops: Op[]): Delta {
    return { t: 'delta', env: 7, to: this.rev, ops };
  }

  #windowOp({ id, key, title, rev, traces }: ServedWindow): Op {
    const window: WireWindow = {
      key,
      kind: 'metric',
      title,
      place: id,
      rev,
      opts: {},
      layout: {},
      content: null,
      traces: traces.map((trace, index): WireTrace => ({
        id: trace.id,
        index,
        name: key,
        gen: trace.gen,
        count: trace.points.length,
        columns: ['x', 'y'],
        monotone: true,
        dates: false,
        attrs: {},
      })),
    };
    return ['w', id, window];
  }
}

/** All that a person could see of a store, as plain data. */
export function visible(store: Store): unknown {
  return {
    rev: store.rev,
    windows: [...store.windows.values()]
      .sort((a, b) => a.id - b.id)
      .map(({ id, key, title, rev, traces }) => ({
        id,
        key,
        title,
        rev,
        traces: traces.map((trace) => {
          const { data } = trace;
          if (data.kind === 'none') return { id: trace.id, kind: 'none' };
          const columns = data.kind === 'thinned' ? { x: data.x, y: data.y, pos: data.pos } : data.columns;
          return {
            id: trace.id,
            gen: trace.gen,
            count: trace.count,
            kind: data.kind,
            bucket: data.kind === 'thinned' ? data.bucket : 1,
            // An empty trace has no columns yet.
            columns: Object.fromEntries(
              Object.entries(columns).flatMap(([name, values]) =>
                values.length > 0 ? [[name, Array.from(values)]] : [],
              ),
            ),
          };
        }),
      })),
  };
}

export { WIDTH };
