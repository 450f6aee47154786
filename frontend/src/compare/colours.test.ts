import { describe, expect, it } from 'vitest';

import { envColourIndex } from '../lib/envColour';
import { comparedColours } from './colours';

const names = Array.from({ length: 14 }, (_, i) => `team/run_${i}`);

describe('colours of a comparison', () => {
  it('gives an env its own colour', () => {
    expect(comparedColours(['team/a'])).toEqual([envColourIndex('team/a')]);
  });

  it('gives ten envs ten colours', () => {
    expect(new Set(comparedColours(names.slice(0, 10))).size).toBe(10);
  });

  it('keeps the colour of an env when others are added behind it', () => {
    expect(comparedColours(names.slice(0, 7))).toEqual(comparedColours(names).slice(0, 7));
  });

  it('lets colours repeat when there are more envs than colours', () => {
    expect(comparedColours(names)).toHaveLength(14);
  });
});
