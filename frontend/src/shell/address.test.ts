import { describe, expect, it } from 'vitest';
import type { Boot } from '../live/types';
import { addressOf, stateOf } from './address';

const boot = { env: 'me/main', base_url: '/x', shared: false } as Boot;

describe('the address of a page', () => {
  it.each([
    { env: 'me/main', alone: null, filter: '' },
    { env: 'team/run 1%?#', alone: 'train/loss & more', filter: 'a+b' },
    { env: 'me/main', alone: '', filter: '' },
  ])('brings back what it was made of: %o', (state) => {
    const address = addressOf(state, boot, '/anywhere');
    expect(stateOf(new URL(address, 'http://host'), boot)).toEqual(state);
  });

  it('stays below the link on shared pages', () => {
    const shared = { ...boot, shared: true };
    const state = { env: 'me/main', alone: 'loss', filter: '' };
    expect(addressOf(state, shared, '/s/secret/')).toBe('/s/secret/?win=loss');
    expect(stateOf(new URL('http://host/s/secret/?win=loss'), shared)).toEqual(state);
  });
});
