import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Delta, Op } from './frames';
import { appendOp, f8, lineOp, SlowServer, visible, WIDTH, type Point } from './reference.testing';
import { Store, withSample } from './store';
import type { Sample } from './types';

const newStore = (): Store => new Store({ widthPx: WIDTH });

function freshly(server: SlowServer): Store {
  const store = newStore();
  for (const snap of server.answer(null, {})) store.snap(snap);
  return store;
}

const key = fc.constantFrom('loss', 'accuracy', 'lr');
const action = fc.oneof(
  { weight: 1, arbitrary: fc.record({ do: fc.constant('put' as const), key }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rename' as const), key, title: fc.string() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const), key }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      key,
      ys: fc.array(fc.oneof(fc.double({ min: -9, max: 9, noNaN: true }), fc.constant(Number.NaN)), {
        maxLength: 25,
      }),
    }),
  },
  /** The last so many deltas come once more. */
  { weight: 2, arbitrary: fc.record({ do: fc.constant('repeat' as const), n: fc.nat(5) }) },
  /** The connection is gone for so many changes, then the page subscribes again; the answer comes in parts. */
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('resync' as const),
      missed: fc.array(fc.tuple(key, fc.nat(40)), { maxLength: 4 }),
      parts: fc.integer({ min: 1, max: 3 }),
      full: fc.boolean(),
      cut: fc.boolean(),
    }),
  },
);

describe('a store', () => {
  it('ends as a fresh load does, after any deltas, repeats, overlaps and resyncs', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const server = new SlowServer();
        const store = freshly(server);
        const sent: Delta[] = [];
        const deliver = (delta: Delta): void => {
          sent.push(delta);
          store.delta(delta);
        };
        for (const step of actions) {
          if (step.do === 'put') deliver(server.put(step.key, step.key));
          else if (step.do === 'rename') deliver(server.rename(step.key, step.title));
          else if (step.do === 'close') deliver(server.close(step.key));
          else if (step.do === 'append') deliver(server.append(step.key, step.ys));
          else if (step.do === 'repeat') sent.slice(-step.n).forEach((delta) => store.delta(delta));
          else {
            store.interrupt();
            for (const [name, n] of step.missed)
              server.append(
                name,
                Array.from({ length: n }, (_, i) => Math.sin(i)),
              );
            const snaps = server.answer(step.full ? null : store.rev, store.have(), step.parts);
            if (step.cut) {
              // The connection breaks in the middle of the answer, and the next one is whole.
              snaps.slice(0, -1).forEach((snap) => store.snap(snap));
              store.interrupt();
              server.answer(store.rev, store.have()).forEach((snap) => store.snap(snap));
            } else {
              // A delta overtakes the last part.
              snaps.slice(0, -1).forEach((snap) => store.snap(snap));
              const overtaking = server.append('loss', [1, 2]);
              if (snaps.length > 1) store.delta(overtaking);
              store.snap(snaps.at(-1)!);
              store.delta(overtaking);
            }
          }
        }
        for (const trace of store.traces.values()) {
          expect(trace.isBehind).toBe(false);
        }
        expect(visible(store)).toEqual(visible(freshly(server)));
      }),
      { numRuns: 200 },
    );
  });

  it('ends as a fresh load does when points were rewritten, once it has what it asks for', () => {
    const ys = fc.array(fc.double({ min: -9, max: 9, noNaN: true }), { maxLength: 20 });
    const change = fc.record({
      key,
      rewrites: fc.boolean(),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      ys,
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
        const server = new SlowServer();
        const store = freshly(server);
        const sent: Delta[] = [];
        for (const step of changes) {
          sent.push(
            step.rewrites ? server.rewrite(step.key, step.share, step.ys) : server.append(step.key, step.ys),
          );
          store.delta(sent.at(-1)!);
          sent.slice(-3).forEach((delta) => store.delta(delta));
          // Short lines are rewritten in place; of long ones nobody knows what their buckets were before.
          for (const trace of store.traces.values()) {
            if (trace.isBehind && step.share > 0.5) store.data({ ops: [server.line(trace.id)] });
          }
        }
        for (const trace of store.traces.values()) {
          if (trace.isBehind) store.data({ ops: [server.line(trace.id)] });
          expect(trace.isBehind).toBe(false);
        }
        expect(visible(store)).toEqual(visible(freshly(server)));
      }),
      { numRuns: 200 },
    );
  });

  it('rewrites the end of a short line in place', () => {
    const server = new SlowServer();
    server.put('loss', 'loss');
    server.append('loss', [1, 2, 3]);
    const store = freshly(server);
    const [trace] = store.traces.values();
    store.delta(server.rewrite('loss', 0.67, [9]));
    expect(trace!.isBehind).toBe(false);
    expect(visible(store)).toEqual(visible(freshly(server)));
  });

  it('takes an overlapping append once', () => {
    const server = new SlowServer();
    server.put('loss', 'loss');
    const store = freshly(server);
    const [trace] = store.traces.values();
    const points: Point[] = Array.from({ length: 10 }, (_, i) => [i, i * i]);
    store.data({ ops: [appendOp(trace!.id, trace!.gen, 0, points.slice(0, 6))] });
    store.data({ ops: [appendOp(trace!.id, trace!.gen, 3, points.slice(3))] });
    store.data({ ops: [appendOp(trace!.id, trace!.gen, 2, points.slice(2, 5))] });
    expect(trace!.data).toMatchObject({ kind: 'whole', length: 10 });
    expect(trace!.count).toBe(10);
  });

  it('knows that it is behind, keeps what came meanwhile, and catches up with the line', () => {
    const server = new SlowServer();
    server.put('loss', 'loss');
    const store = freshly(server);
    const [trace] = store.traces.values();
    const all: Point[] = Array.from({ length: 90 }, (_, i) => [i, Math.cos(i)]);
    const gen = trace!.gen;
    store.data({ ops: [['g', trace!.id, gen, 80]] });
    store.data({ ops: [appendOp(trace!.id, gen, 80, all.slice(80))] });
    expect(trace!.isBehind).toBe(true);
    expect(trace!.data.kind).toBe('none');
    store.data({ ops: [lineOp(trace!.id, gen, all.slice(0, 80), WIDTH)] });
    expect(trace!.isBehind).toBe(false);
    const other = freshly(server);
    const [fresh] = other.traces.values();
    other.data({ ops: [lineOp(fresh!.id, gen, all, WIDTH)] });
    expect(visible(store)).toEqual(visible(other));
  });

  it('asks again for a line that was thinned by position when it grows', () => {
    const server = new SlowServer();
    server.put('cloud', 'cloud');
    const store = freshly(server);
    const [trace] = store.traces.values();
    const line = {
      b: 2,
      i0: 0,
      i1: 4,
      count: 4,
      pos: f8([0, 2]),
      x: f8([5, 1]),
      y: f8([1, 2]),
      last: null,
      note: 'Every 2nd',
    };
    store.data({ ops: [['l', trace!.id, trace!.gen, line]] });
    expect(trace!.isBehind).toBe(false);
    store.data({ ops: [appendOp(trace!.id, trace!.gen, 4, [[0, 3]], false)] });
    expect(trace!.isBehind).toBe(true);
    expect(trace!.data).toMatchObject({ kind: 'thinned', note: 'Every 2nd' });
  });

  it('keeps the objects of windows and traces that a new snapshot brings again', () => {
    const server = new SlowServer();
    server.put('loss', 'loss');
    server.append('loss', [1, 2, 3]);
    const store = freshly(server);
    const [before] = store.traces.values();
    server.append('loss', [4]);
    server.answer(null, {}, 2).forEach((snap) => store.snap(snap));
    const [after] = store.traces.values();
    expect(after).toBe(before);
    expect(after!.data).toMatchObject({ kind: 'whole', length: 4 });
  });

  it('skips ops that it does not know', () => {
    const server = new SlowServer();
    server.put('loss', 'loss');
    const store = freshly(server);
    store.data({ ops: [['?', 1] as unknown as Op] });
    expect(visible(store)).toEqual(visible(freshly(server)));
  });
});

describe('the samples of an image window', () => {
  const sample = (step: number, index: number): Sample => ({
    step,
    index,
    asset: `${step}-${index}`,
    url: '',
    width: 1,
    height: 1,
    caption: '',
    content_type: 'image/png',
  });

  it('are those of the last step, in order, each once', () => {
    let samples: Sample[] = [];
    for (const [step, index] of [
      [1, 0],
      [1, 1],
      [2, 1],
      [2, 0],
      [2, 1],
      [1, 5],
    ] as const) {
      samples = withSample(samples, sample(step, index), false);
    }
    expect(samples.map(({ step, index }) => [step, index])).toEqual([
      [2, 0],
      [2, 1],
    ]);
  });

  it('make place for one that replaces them', () => {
    expect(withSample([sample(5, 0), sample(5, 1)], sample(3, 0), true)).toEqual([sample(3, 0)]);
  });
});
