import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { pinsOf, pinsQuery, withPins } from './address';
import { type Pin, pinEverywhere, pinHere, unpinHere } from './precedence';

const ENVS = ['t/a', 't/b'];
const asked = { metric: 'val/loss', mode: 'min', with_image: true, tolerance: 20 } as const;
const found: Pin = {
  env: 't/b',
  scope: 'panel',
  card: 'val/samples',
  step: 55,
  source: 'best',
  index: null,
  except: [],
  best: {
    ...asked,
    value: 0.1,
    metric_step: 50,
    distance: 5,
    has_image: true,
    alternative: { step: 45, exact: true, within: 4 },
  },
};

const back = (query: string, envs: readonly (string | null)[] = ENVS) =>
  pinsOf(new URLSearchParams(query), envs);

describe('pins in an address', () => {
  it('are short and plain to read', () => {
    const local = pinHere([], { env: 't/a', card: 'val/samples', step: 120, index: 0 });
    const all = pinEverywhere(local, { env: 't/b', card: null, step: 300, index: null });
    expect(pinsQuery({ pins: all, follow: null }, ENVS)).toBe('pins=0:120@val/samples,1:300');
    expect(pinsQuery({ pins: [found], follow: null }, ENVS)).toBe(
      'pins=1:55*0.1~50~45t4@val/samples&best=min:20:val/loss',
    );
    expect(withPins('/compare?env=t/a', 'pins=0:1')).toBe('/compare?env=t/a&pins=0:1');
    expect(withPins('/w/t/env/a', '', '')).toBe('/w/t/env/a');
  });

  it('come back as they were, whatever cards are called', () => {
    const name = fc.string({
      minLength: 1,
      maxLength: 12,
      unit: fc.constantFrom(...'ab/@!^%=,:.~* +&#?;é😀'),
    });
    fc.assert(
      fc.property(
        name,
        name,
        fc.integer(),
        fc.nat({ max: 9 }),
        fc.boolean(),
        (card, other, step, index, follow) => {
          let pins = pinEverywhere([], { env: 't/a', card, step, index: index || null });
          pins = unpinHere(pins, 't/a', other);
          const state = { pins: [...pins, { ...found, card }], follow: follow ? asked : null };
          expect(back(pinsQuery(state, ENVS))).toEqual(state);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('keep why a plain best step has no image', () => {
    const best = {
      ...found.best!,
      with_image: false,
      has_image: false,
      distance: 0,
      metric_step: 55,
      alternative: null,
    };
    const plain: Pin = { ...found, scope: 'page', card: null, best };
    expect(back(pinsQuery({ pins: [plain], follow: null }, ENVS))).toEqual({ pins: [plain], follow: null });
  });

  it('leave out envs that are not there, and what is no pin', () => {
    expect(back('pins=0:1,1:2,7:3,x,0:', [null, 't/b'])?.pins.map(({ env, step }) => [env, step])).toEqual([
      ['t/b', 2],
    ]);
    expect(back('pins=')).toEqual({ pins: [], follow: null });
    expect(back('win=a')).toBe(null);
  });

  it('lose details, and at last themselves, before an address grows too long', () => {
    const many = (count: number) =>
      Array.from({ length: count }, (_, i) => ({
        ...found,
        env: 't/a',
        card: `c${i}`,
        best: { ...found.best!, value: Math.PI },
      }));
    const some = back(pinsQuery({ pins: many(200), follow: null }, ENVS))!;
    expect(some.pins.length).toBe(200);
    expect(some.pins[0]!.best!.value).toBe(null);
    expect(pinsQuery({ pins: many(2000), follow: null }, ENVS)).toBe('');
  });
});
