import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { PageFrame } from './frames';
import { appendOp, lineOp, SlowServer, WIDTH, type Point } from './reference.testing';
import { EnvSession } from './session';
import type { TraceData } from './types';

const wave = (n: number): number[] => Array.from({ length: n }, (_, i) => Math.sin(i / 3));

function watch(points: number): {
  server: SlowServer;
  session: EnvSession;
  sent: PageFrame[];
  trace: NonNullable<ReturnType<EnvSession['store']['traces']['get']>>;
  wants: () => Extract<PageFrame, { t: 'want' }>[];
  all: () => Point[];
} {
  const server = new SlowServer();
  server.put('loss', 'loss');
  server.append('loss', wave(points));
  const sent: PageFrame[] = [];
  const session = new EnvSession({
    name: 'ada/run',
    widthPx: WIDTH,
    send: (frame) => {
      sent.push(frame);
      return true;
    },
    onchanges: () => undefined,
    ongone: () => undefined,
  });
  session.subscribe();
  server.answer(null, {}).forEach((snap) => session.snap(snap));
  const [trace] = session.store.traces.values();
  return {
    server,
    session,
    sent,
    trace: trace!,
    wants: () => sent.filter((frame) => frame.t === 'want'),
    all: () => server.windows[0]!.traces[0]!.points,
  };
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe('a session', () => {
  it('subscribes with what it has, also when the server says that it lagged', () => {
    const { server, session, sent, trace } = watch(10);
    expect(sent).toEqual([{ t: 'sub', env: 'ada/run', width: WIDTH }]);
    session.disconnected();
    session.subscribe();
    expect(sent.at(-1)).toEqual({
      t: 'sub',
      env: 'ada/run',
      width: WIDTH,
      rev: server.rev,
      have: { [trace.id]: [trace.gen, 10] },
    });
  });

  it('asks for a line that fell behind once a plot needs it, and only then', () => {
    const { session, trace, wants } = watch(0);
    session.delta({ t: 'delta', env: 7, to: 9, ops: [['g', trace.id, trace.gen, 500]] });
    vi.advanceTimersByTime(100);
    expect(wants()).toEqual([]);
    session.want({ owner: {}, traces: [trace], range: null, widthPx: WIDTH });
    vi.advanceTimersByTime(100);
    expect(wants()).toEqual([{ t: 'want', env: 7, req: 1, traces: [trace.id], width: WIDTH }]);
    const points = wave(500).map((y, i): Point => [i, y]);
    session.data({ t: 'data', env: 7, req: 1, ops: [lineOp(trace.id, trace.gen, points, WIDTH)] });
    vi.advanceTimersByTime(5_000);
    expect(wants()).toHaveLength(1);
    expect(trace.data.kind).toBe('thinned');
  });

  it('asks again, but not at once, when the answer brought nothing', () => {
    const { session, trace, wants } = watch(0);
    session.delta({ t: 'delta', env: 7, to: 9, ops: [['g', trace.id, trace.gen, 500]] });
    session.want({ owner: {}, traces: [trace], range: null, widthPx: WIDTH });
    vi.advanceTimersByTime(100);
    session.data({ t: 'data', env: 7, req: 1, ops: [] });
    vi.advanceTimersByTime(500);
    expect(wants()).toHaveLength(1);
    vi.advanceTimersByTime(600);
    expect(wants()).toHaveLength(2);
  });

  it('brings a finer line of a zoomed range, keeps it growing, and lets it go', () => {
    const { server, session, trace, wants, all } = watch(200);
    const owner = {};
    let lines: ReadonlyMap<number, TraceData> = new Map();
    const zoom = (range: [number, number] | null): void =>
      session.want({
        owner,
        traces: [trace],
        range,
        widthPx: WIDTH,
        onDetail: (details) => (lines = details),
      });
    zoom([100, 150]);
    zoom([180, 230]);
    vi.advanceTimersByTime(100);
    expect(wants()).toMatchObject([{ traces: [trace.id], x0: 180, x1: 230, width: WIDTH }]);
    // Points that come before the answer belong to the line as well.
    session.delta(server.append('loss', wave(3)));
    const answer = lineOp(trace.id, trace.gen, all().slice(0, 200), WIDTH, 179, 200);
    session.data({ t: 'data', env: 7, req: 1, ops: [answer] });
    session.delta(server.append('loss', wave(60)));
    const detail = lines.get(trace.id)!;
    if (detail.kind !== 'thinned') throw new Error('The line is not thinned.');
    // One point beyond the range, so that the line reaches the edge of the plot, and no more.
    expect(detail.pos.at(-1)).toBe(231);
    const fresh = lineOp(trace.id, trace.gen, all().slice(0, 232), WIDTH, 179, 232);
    expect(fresh).toMatchObject(['l', trace.id, trace.gen, { b: detail.bucket }]);
    zoom(null);
    expect(lines.size).toBe(0);
    vi.advanceTimersByTime(2_000);
    expect(wants()).toHaveLength(1);
  });

  it('needs no finer line of a trace that it holds whole', () => {
    const { session, trace, wants } = watch(12);
    session.want({ owner: {}, traces: [trace], range: [3, 5], widthPx: WIDTH });
    vi.advanceTimersByTime(2_000);
    expect(wants()).toEqual([]);
  });

  it('asks for the range anew when the trace was rewritten', () => {
    const { session, trace, wants } = watch(200);
    session.want({ owner: {}, traces: [trace], range: [10, 20], widthPx: WIDTH });
    vi.advanceTimersByTime(100);
    const points = wave(200).map((y, i): Point => [i, y]);
    session.data({ t: 'data', env: 7, req: 1, ops: [appendOp(trace.id, trace.gen, 9, points.slice(9, 22))] });
    const rewritten = points.map(([x, y]): Point => [x, -y]);
    session.delta({ t: 'delta', env: 7, to: 99, ops: [lineOp(trace.id, trace.gen + 1, rewritten, WIDTH)] });
    vi.advanceTimersByTime(2_000);
    expect(wants()).toHaveLength(2);
  });
});
