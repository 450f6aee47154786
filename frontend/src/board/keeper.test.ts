import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Api, ApiError } from '../lib/api';
import { changedLooks, ownOf } from '../plots/own';
import { makeKeeper } from './keeper';

const mine = { name: 'me/main', path: () => '/envs/me/main/layout' };
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
    const keeper = makeKeeper(api, mine);
    keeper.save({});
    keeper.save(LAYOUT);
    await vi.runAllTimersAsync();
    expect(send).toHaveBeenCalledTimes(1);
    expect(send.mock.calls[0]?.slice(0, 3)).toEqual(['PUT', '/envs/me/main/layout', { layout: LAYOUT }]);
  });

  it('keeps on this device what the server could not take, and prefers it at the next load', async () => {
    const { api, send } = makeApi();
    send.mockRejectedValueOnce(new ApiError(0, { detail: 'gone' }));
    const keeper = makeKeeper(api, mine);
    keeper.save(LAYOUT);
    await vi.runAllTimersAsync();
    send.mockResolvedValueOnce({ layout: {} });
    expect(await keeper.load()).toEqual(LAYOUT);
  });

  it('takes what the page brought, and asks nobody', async () => {
    const { api } = makeApi();
    const get = vi.spyOn(api, 'get');
    const keeper = makeKeeper(api, mine, { layout: LAYOUT });
    expect(await keeper.load()).toEqual(LAYOUT);
    expect(get).not.toHaveBeenCalled();
  });

  it('keeps what the person changed on figures, and has it before they are drawn', async () => {
    const { api, send } = makeApi();
    const looks = { loss: { layout: { 'title.text': 'mine' }, traces: { train: { 'line.width': 3 } } } };
    await makeKeeper(api, mine, { layout: {}, looks }).load();
    const own = ownOf('me/main', 'loss');
    expect(own.layout).toEqual({ 'title.text': 'mine' });
    own.traces = {};
    changedLooks('me/main');
    send.mockResolvedValue(null);
    await vi.runAllTimersAsync();
    const kept = { loss: { layout: { 'title.text': 'mine' }, traces: {} } };
    expect(send.mock.calls[0]?.slice(0, 3)).toEqual(['PUT', '/envs/me/main/layout', { looks: kept }]);
  });

  it('asks no server for those who have no account', async () => {
    const { api, send } = makeApi();
    const keeper = makeKeeper(api, { name: 'me/main', path: null });
    keeper.save(LAYOUT);
    keeper.flush();
    expect(await keeper.load()).toEqual(LAYOUT);
    expect(send).not.toHaveBeenCalled();
  });
});
