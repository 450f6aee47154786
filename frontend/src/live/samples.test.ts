import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { SampleLogs, type WireSamples } from './samples';
import type { Sample } from './types';

const NAME = '0123456789abcdef'.repeat(4);

function sample(step: number, index = 0, caption = ''): Sample {
  return {
    step,
    index,
    asset: NAME,
    url: `/f/7/assets/${NAME}`,
    width: 8,
    height: 6,
    caption,
    content_type: 'image/png',
  };
}

function wire(places: [step: number, index: number][], captions: Record<string, string> = {}): WireSamples {
  const n = places.length;
  const bytes = (array: BigInt64Array | Int32Array | Uint8Array) => new Uint8Array(array.buffer);
  const sides = (side: number) => ({ dtype: 'i4', bdata: bytes(new Int32Array(n).fill(side)) });
  return {
    n,
    step: { dtype: 'i8', bdata: bytes(BigInt64Array.from(places, ([step]) => BigInt(step))) },
    index: { dtype: 'i4', bdata: bytes(Int32Array.from(places, ([, index]) => index)) },
    asset: Uint8Array.from({ length: 32 * n }, (_, i) =>
      Number.parseInt(NAME.slice((i % 32) * 2, (i % 32) * 2 + 2), 16),
    ),
    width: sides(8),
    height: sides(0),
    type: { dtype: 'u1', bdata: new Uint8Array(n) },
    types: ['image/png'],
    captions,
  };
}

function logs(): { logs: SampleLogs; asked: number[][] } {
  const asked: number[][] = [];
  return { logs: new SampleLogs((windows) => asked.push(windows)), asked };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('the samples of windows', () => {
  it('are those of the last step until somebody holds them on screen, and are asked for once', () => {
    const { logs: all, asked } = logs();
    const log = all.of(4, () => [sample(30)]);
    vi.advanceTimersByTime(5_000);
    expect(asked).toEqual([]);
    expect([log.steps, log.isWhole]).toEqual([[30], false]);
    const others = [all.of(5, () => []), all.of(6, () => [])];
    all.hold([log]);
    all.hold(others);
    vi.advanceTimersByTime(0);
    expect(asked).toEqual([[4, 5, 6]]);
    all.answered(1, [
      [
        'i',
        4,
        wire(
          [
            [-2, 0],
            [30, 0],
            [30, 1],
          ],
          { 1: 'last' },
        ),
      ],
    ]);
    expect([log.steps, log.isWhole]).toEqual([[-2, 30], true]);
    expect(log.at(30).map(({ index, caption }) => [index, caption])).toEqual([
      [0, 'last'],
      [1, ''],
    ]);
    expect(log.at(-2)[0]).toMatchObject({ asset: NAME, url: `/f/7/assets/${NAME}`, width: 8, height: null });
  });

  it('take in what comes one by one, in order, also while the list is on its way', () => {
    const { logs: all } = logs();
    const log = all.of(4, () => [sample(3)]);
    all.hold([log]);
    vi.advanceTimersByTime(0);
    log.add(sample(5), false);
    log.add(sample(1, 0, 'late'), false);
    all.answered(1, [
      [
        'i',
        4,
        wire([
          [1, 0],
          [3, 0],
        ]),
      ],
    ]);
    expect(log.steps).toEqual([1, 3, 5]);
    expect(log.at(1)[0]!.caption).toBe('late');
    log.add(sample(3, 1), false);
    expect(log.at(3).map(({ index }) => index)).toEqual([0, 1]);
    log.add(sample(9), true);
    expect(log.steps).toEqual([9]);
  });

  it('are asked for again, though not at once, when the window was told anew', () => {
    const { logs: all, asked } = logs();
    const log = all.of(4, () => [sample(3)]);
    const stop = all.hold([log]);
    vi.advanceTimersByTime(0);
    all.answered(1, [
      [
        'i',
        4,
        wire([
          [1, 0],
          [3, 0],
        ]),
      ],
    ]);
    log.seed([sample(9)]);
    all.look();
    expect(log.steps).toEqual([1, 3, 9]);
    vi.advanceTimersByTime(500);
    expect(asked).toHaveLength(1);
    vi.advanceTimersByTime(600);
    expect(asked).toHaveLength(2);
    stop();
    log.seed([sample(12)]);
    all.look();
    vi.advanceTimersByTime(5_000);
    expect(asked).toHaveLength(2);
  });

  it('are told from where the last answer ended', () => {
    const asked: Record<string, string>[] = [];
    const all = new SampleLogs((_, marks) => asked.push(marks));
    const log = all.of(4, () => [sample(3)]);
    all.hold([log]);
    vi.advanceTimersByTime(0);
    const first = wire([
      [1, 0],
      [3, 0],
    ]);
    all.answered(1, [['i', 4, { ...first, mark: 'two' }]]);
    log.seed([sample(9)]);
    all.look();
    vi.advanceTimersByTime(1_000);
    expect(asked).toEqual([{}, { 4: 'two' }]);
    all.answered(2, [['i', 4, { ...wire([[9, 0]]), from: 2, mark: 'three' }]]);
    expect(log.samples.map(({ step }) => step)).toEqual([1, 3, 9]);
    log.seed([sample(11)]);
    all.look();
    vi.advanceTimersByTime(1_000);
    expect(asked.at(-1)).toEqual({ 4: 'three' });
    all.answered(3, [['i', 4, wire([[11, 0]])]]);
    expect([log.samples.length, log.mark]).toEqual([1, null]);
  });

  it('are asked for again after the connection was lost, and keep what they had meanwhile', () => {
    const { logs: all, asked } = logs();
    const log = all.of(4, () => [sample(3)]);
    all.hold([log]);
    vi.advanceTimersByTime(0);
    all.disconnected();
    all.look();
    vi.advanceTimersByTime(0);
    expect(asked).toHaveLength(2);
    expect(all.answered(1, [])).toBe(false);
    expect(log.steps).toEqual([3]);
  });
});
