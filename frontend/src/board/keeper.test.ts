import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Api, ApiError } from '../lib/api';
import { makeKeeper } from './keeper';

const LAYOUT = { a: { x: 0, y: 0, w: 4, h: 8 } };

beforeEach(() => {
  const kept = new Map<string, string>();
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
    removeItem: (key: string) => kept.delete(key),
  });
  vi.stubGlobal('location', { pathname: '/s/abc/' });
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function makeApi() {
  const api = new Api({ api_url: '/api/v1' });
  const send = vi.spyOn(api, 'send');
  return { api, send };
}

describe('a keeper', () => {
  it('sends the last arrangement once the hand rests', async () => {
    const { api, send } = makeApi();
    send.mockResolvedValue(null);
    const keeper = makeKeeper(api, () => 'me/main', true);
    keeper.save({});
    keeper.save(LAYOUT);
    await vi.runAllTimersAsync();
    expect(send).toHaveBeenCalledTimes(1);
    expect(send.mock.calls[0]?.slice(0, 3)).toEqual(['PUT', '/envs/me/main/layout', { layout: LAYOUT }]);
  });

  it('keeps on this device what the server could not take, and prefers it at the next load', async () => {
    const { api, send } = makeApi();
    send.mockRejectedValueOnce(new ApiError(0, { detail: 'gone' }));
    const keeper = makeKeeper(api, () => 'me/main', true);
    keeper.save(LAYOUT);
    await vi.runAllTimersAsync();
    send.mockResolvedValueOnce({ layout: {} });
    expect(await keeper.load()).toEqual(LAYOUT);
  });

  it('takes what the page brought, and asks nobody', async () => {
    const { api } = makeApi();
    const get = vi.spyOn(api, 'get');
    const keeper = makeKeeper(api, () => 'me/main', true, LAYOUT);
    expect(await keeper.load()).toEqual(LAYOUT);
    expect(get).not.toHaveBeenCalled();
  });

  it('asks no server for those who have no account', async () => {
    const { api, send } = makeApi();
    const keeper = makeKeeper(api, () => 'me/main', false);
    keeper.save(LAYOUT);
    keeper.flush();
    expect(await keeper.load()).toEqual(LAYOUT);
    expect(send).not.toHaveBeenCalled();
  });
});
