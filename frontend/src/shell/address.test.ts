import { describe, expect, it } from 'vitest';
import type { Boot } from '../live/types';
import { addressOf, stateOf } from './address';

const boot = { env: 'me/main', base_url: '/x', shared: false } as Boot;

describe('the address of a page', () => {
  it.each([
    { env: 'me/main', alone: null, view: null, filter: null },
    { env: 'team/run 1%?#', alone: 'train/loss & more', view: 'tri & age', filter: 'a+b' },
    { env: 'me/main', alone: '', view: null, filter: null },
    { env: 'me/main', alone: null, view: 'triage', filter: '' },
    { env: 'me/main', alone: null, view: null, filter: null, mode: 'sections' as const },
    { env: 'me/main', alone: null, view: 'triage', filter: null, mode: 'grid' as const },
  ])('brings back what it was made of: %o', (state) => {
    const address = addressOf(state, boot, '/anywhere');
    expect(stateOf(new URL(address, 'http://host'), boot)).toEqual(state);
  });

  it('says nothing of a filter that shows all', () => {
    const state = { env: 'me/main', alone: null, view: null, filter: ' ' };
    expect(addressOf(state, boot, '/anywhere')).toBe('/x/w/me/env/main');
  });

  it('stays below the link on shared pages', () => {
    const shared = { ...boot, shared: true };
    const state = { env: 'me/main', alone: 'loss', view: 'triage', filter: null };
    expect(addressOf(state, shared, '/s/secret/')).toBe('/s/secret/?win=loss&view=triage');
    expect(stateOf(new URL('http://host/s/secret/?win=loss&view=triage'), shared)).toEqual(state);
  });

  it('says where a page leaves the view that its link opens with', () => {
    const shared = { ...boot, shared: true, view: 'day' };
    const state = { env: 'me/main', alone: null, filter: null };
    expect(addressOf({ ...state, view: 'day' }, shared, '/s/secret/')).toBe('/s/secret/');
    expect(stateOf(new URL('http://host/s/secret/'), shared).view).toBe('day');
    for (const view of [null, 'night']) {
      const address = addressOf({ ...state, view }, shared, '/s/secret/');
      expect(stateOf(new URL(address, 'http://host'), shared).view).toBe(view);
    }
  });
});
