import { describe, expect, it } from 'vitest';

import type { Best, Pin } from './precedence';
import { numberText, outcomeText, provenance } from './words';

function pin(step: number, more: Partial<Best> = {}): Pin {
  const best: Best = {
    metric: 'train/loss',
    mode: 'max',
    with_image: true,
    tolerance: 20,
    value: 0.90234,
    metric_step: 50,
    distance: Math.abs(step - 50),
    has_image: true,
    alternative: null,
    ...more,
  };
  return { env: 't/a', scope: 'panel', card: 'A', step, source: 'best', index: null, except: [], best };
}

describe('provenance', () => {
  it('says metric, value, step and distance', () => {
    expect(provenance(pin(50))).toEqual([
      'Pinned at max train/loss = 0.9023',
      'Metric step: 50',
      'Image step matches metric step exactly',
    ]);
    expect(provenance(pin(51))[2]).toBe('Image step 51 is 1 step away');
    expect(provenance(pin(55))[2]).toBe('Image step 55 is 5 steps away');
  });

  it('names the other image of a tie, and the nearest other within reach', () => {
    expect(provenance(pin(55, { alternative: { step: 45, exact: true, within: 4 } }))[3]).toBe(
      'Tied with image step 45, exactly as near: the later one was preferred',
    );
    expect(provenance(pin(55, { alternative: { step: 40, exact: false, within: 2 } }))[3]).toBe(
      '2 image steps lie within 20 steps; the nearest other is 40, no exact tie',
    );
  });

  it('is honest where there is no image', () => {
    expect(provenance(pin(50, { with_image: false, has_image: false }))[2]).toBe('No image at step 50');
    expect(provenance(pin(50, { with_image: false }), false)[2]).toBe('No image at step 50');
  });

  it('is for best steps alone', () => {
    expect(provenance({ ...pin(50), source: 'manual', best: null })).toEqual([]);
  });
});

describe('values', () => {
  it('have four digits, and words for what is large or small', () => {
    const texts: [number, string][] = [
      [0.9023456, '0.9023'],
      [0.5, '0.5'],
      [-12.5, '-12.5'],
      [999.96, '1k'],
      [1234.4, '1.234k'],
      [2_500_000, '2.5M'],
      [0.0001, '0.0001'],
      [0.00001234, '1.234e-5'],
      [0, '0'],
      [1e30, '1e30'],
    ];
    expect(texts.map(([value]) => numberText(value))).toEqual(texts.map(([, text]) => text));
  });
});

describe('the notice after a best-step action', () => {
  const asked = { metric: 'val/loss', mode: 'min', with_image: true, tolerance: 20 } as const;
  const envs = Array.from({ length: 9 }, (_, i) => `t/${i}`);

  it('says who was pinned, and who was not and why, by name', () => {
    const missed = ['t/7', 't/8'].map((env) => ({ env, card: 'A', reason: 'out_of_reach', detail: '' }));
    expect(outcomeText(asked, envs, new Set(envs.slice(0, 7)), missed)).toBe(
      'Pinned 7 of 9 runs; 2 have no val/loss point within 20 steps of an image: t/7, t/8',
    );
    expect(outcomeText(asked, envs, new Set(envs), [])).toBe('Pinned 9 of 9 runs');
  });

  it('says in which panels runs that were pinned elsewhere were not', () => {
    const missed = ['A', 'B'].flatMap((card) =>
      ['t/0', 't/1'].map((env) => ({ env, card, reason: 'out_of_reach', detail: '' })),
    );
    missed.push({ env: 't/2', card: 'C', reason: 'out_of_reach', detail: '' });
    missed.push({ env: 't/3', card: 'C', reason: 'out_of_reach', detail: '' });
    const pinned = new Set(['t/0', 't/1', 't/2']);
    expect(outcomeText(asked, envs.slice(0, 4), pinned, missed)).toBe(
      'Pinned 3 of 4 runs; 1 has no val/loss point within 20 steps of an image: t/3; ' +
        'in A, B 2 have no val/loss point within 20 steps of an image: t/0, t/1; ' +
        'in C 1 has no val/loss point within 20 steps of an image: t/2',
    );
  });

  it('tells the reasons apart, and that nothing changed', () => {
    const missed = [
      { env: 't/0', reason: 'no_metric', detail: '' },
      { env: 't/1', reason: 'no_images', detail: '' },
    ];
    expect(outcomeText(asked, ['t/0', 't/1'], new Set(), missed)).toBe(
      'Pinned 0 of 2 runs; 1 has no metric val/loss: t/0; 1 has no images: t/1; the pins are as they were',
    );
  });
});
