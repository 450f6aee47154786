import { describe, expect, it } from 'vitest';

import { addressOf, stateOf } from './address';

describe('the address of a comparison', () => {
  it('names its envs in order', () => {
    const address = addressOf({ envs: ['team/b', 'team/a&c'], alone: null, filter: '' }, '/wall');
    expect(address).toBe('/wall/compare?env=team/b&env=team/a%26c');
    expect(new URL(address, 'http://x').searchParams.getAll('env')).toEqual(['team/b', 'team/a&c']);
  });

  it('says what is shown alone and what is filtered', () => {
    const state = { alone: 'plot:title:100 % + more', filter: 'loss|acc', mode: 'sections' as const };
    const address = addressOf({ envs: ['t/a', 't/b'], ...state }, '');
    expect(stateOf(new URL(address, 'http://x'))).toEqual(state);
  });

  it('stays below the link on shared pages, and says when nothing is filtered any more', () => {
    const state = { envs: ['t/a', 't/b'], alone: null, filter: null };
    expect(addressOf(state, '', '/s/secret/')).toBe('/s/secret/');
    expect(addressOf({ ...state, filter: '' }, '', '/s/secret/')).toBe('/s/secret/?filter=');
    expect(addressOf({ ...state, filter: '' }, '')).toBe('/compare?env=t/a&env=t/b');
  });
});
