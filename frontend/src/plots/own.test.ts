import { describe, expect, it } from 'vitest';
import type { TraceState } from '../live/types';
import { countOwn, ownOf, traceKeys, uidOf } from './own';

const trace = (name: string) => ({ name, attrs: {} }) as TraceState;

describe('what a person changed on a plot', () => {
  it('is found again by the names of traces, also where several have one name', () => {
    const keys = traceKeys([trace('a'), trace('b'), trace('a'), trace('')]);
    expect(new Set(keys).size).toBe(4);
    expect(traceKeys([trace('b'), trace('a')])).toEqual([keys[1], keys[0]]);
  });

  it('goes by names that can stand in a selector', () => {
    const uids = ['$\\beta^2$', 'a b', 'a_b', '<img>'].map(uidOf);
    expect(new Set(uids).size).toBe(4);
    for (const uid of uids) expect(uid).toMatch(/^[a-z][\w-]*$/i);
  });

  it('is kept for each window of each env', () => {
    ownOf('w/a', 'loss').layout['title.text'] = 'x';
    expect(countOwn(ownOf('w/a', 'loss'))).toBe(1);
    expect(countOwn(ownOf('w/b', 'loss'))).toBe(0);
  });
});
