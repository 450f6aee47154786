import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type AssetFrame, AssetStates } from './assets';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const frame = (state: AssetFrame['state'], more: Partial<AssetFrame> = {}): AssetFrame => ({
  t: 'asset',
  env: 1,
  asset: 'film',
  state,
  progress: 0,
  renditions: [],
  ...more,
});

function watched() {
  const asked: string[][] = [];
  const states = new AssetStates((assets) => (asked.push(assets), true));
  const stop = states.watch('film', () => undefined);
  return { states, asked, stop };
}

describe('what is asked of a file', () => {
  it('is asked once while the answers come', async () => {
    const { states, asked } = watched();
    await vi.advanceTimersByTimeAsync(0);
    states.take(frame('running'));
    states.look();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toEqual([['film']]);
  });

  it('is asked again now and then once it failed, however often the env changes', async () => {
    const { states, asked, stop } = watched();
    await vi.advanceTimersByTimeAsync(0);
    states.take(frame('failed'));
    for (let n = 0; n < 10; n += 1) {
      states.look();
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(asked).toHaveLength(2);
    states.take(frame('failed'));
    stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toHaveLength(2);
  });

  it('is asked at once when it is to be done again, and forgets whose failure it was', async () => {
    const { states, asked } = watched();
    await vi.advanceTimersByTimeAsync(0);
    states.take(frame('failed', { job: 7 }));
    expect(states.get('film')?.job).toBe(7);
    states.again('film');
    await vi.advanceTimersByTimeAsync(0);
    expect(asked).toHaveLength(2);
    states.take(frame('queued'));
    expect(states.get('film')).not.toHaveProperty('job');
  });
});
