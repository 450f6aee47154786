import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { StepsJson } from './steps.svelte';
import { stepsIn, stepsQuery } from './stepsAddress';

describe('steps in an address', () => {
  it('are short and plain to read, and nothing where a page is as it begins', () => {
    const steps: StepsJson = {
      cards: { 'val/samples': { step: 120 }, 'train/samples': { linked: false } },
      zoom: { val: { ratio: 2.51234, x: 0.25, y: 0.5 } },
    };
    expect(stepsQuery(steps)).toBe('steps=120@val/samples,u@train/samples,z2.512_0.25_0.5@val');
    expect(stepsQuery({})).toBe('');
    expect(stepsQuery({}, true)).toBe('steps=');
    expect(stepsIn(new URLSearchParams('win=a'))).toBe(null);
  });

  it('come back as they were', () => {
    const name = fc.string({
      minLength: 1,
      maxLength: 8,
      unit: fc.constantFrom(...'ab/@!^%=,:.~* +&#?;é😀_-z'),
    });
    const place = fc.nat({ max: 9 });
    const card = fc.oneof(
      fc.record({ step: fc.integer(), linked: fc.constant(false as const) }, { requiredKeys: [] }),
      fc.record({ sync: fc.constant('runs' as const), sample: place }, { requiredKeys: ['sync'] }),
      fc
        .dictionary(name, place, { minKeys: 1, maxKeys: 3, noNullPrototype: true })
        .map((samples) => ({ sync: 'off' as const, samples })),
    );
    const zoom = fc.option(fc.constant({ ratio: 1.5, x: 0.25, y: 1 }));
    fc.assert(
      fc.property(
        fc.record({
          cards: fc.dictionary(name, card, { maxKeys: 4, noNullPrototype: true }),
          zoom: fc.dictionary(name, zoom, { maxKeys: 2, noNullPrototype: true }),
        }),
        fc.record({ scope: fc.constant('page' as const), sample: place }, { requiredKeys: [] }),
        (maps, rest) => {
          const steps: StepsJson = { ...maps, ...rest };
          expect(stepsIn(new URLSearchParams(stepsQuery(steps, true)))).toEqual(steps);
        },
      ),
      { numRuns: 60 },
    );
  });
});
