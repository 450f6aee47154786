import { describe, expect, it } from 'vitest';

import { colourOfName } from '../lib/envColour';
import { comparedColours } from './colours';

const envs = Array.from({ length: 14 }, (_, i) => ({ id: i + 1, name: `team/run_${i}`, colour: null }));
const of = (found: Map<string, number>, at: number) => found.get(envs[at]!.name);

describe('colours of a comparison', () => {
  it('gives an env its own colour', () => {
    expect(comparedColours([envs[0]!]).get('team/run_0')).toBe(colourOfName('team/run_0'));
  });

  it('gives ten envs ten colours', () => {
    expect(new Set(comparedColours(envs.slice(0, 10)).values()).size).toBe(10);
  });

  it('keeps the colour of an env when younger ones are added, wherever they are put', () => {
    const before = comparedColours(envs.slice(0, 7));
    const after = comparedColours([...envs.slice(7, 10).reverse(), ...envs.slice(0, 7)]);
    for (const [name, colour] of before) expect(after.get(name)).toBe(colour);
  });

  it('keeps the colours of a page while envs come and go, older ones too', () => {
    const own = colourOfName('team/run_0');
    const twin = {
      id: 0,
      name: Array.from({ length: 99 }, (_, i) => `team/twin_${i}`).find(
        (name) => colourOfName(name) === own,
      )!,
    };
    const alone = comparedColours([envs[0]!]);
    const both = comparedColours([twin, envs[0]!], alone);
    expect(both.get('team/run_0')).toBe(own);
    expect(both.get(twin.name)).not.toBe(own);
    const left = comparedColours([twin], both);
    expect(left.get(twin.name)).toBe(both.get(twin.name));
  });

  it('lets go of a shared colour once there are enough for all', () => {
    const held = comparedColours(envs.slice(0, 12));
    expect(new Set(comparedColours(envs.slice(0, 12), held).values()).size).toBe(10);
    const pair = [...held].filter(
      ([, colour]) => [...held.values()].filter((one) => one === colour).length > 1,
    );
    const two = envs.filter(
      ({ name }) => held.get(name) === pair[0]![1] && pair.some(([one]) => one === name),
    );
    expect(two).toHaveLength(2);
    expect(new Set(comparedColours(two, held).values()).size).toBe(2);
  });

  it('gives way to a colour that is chosen for another, held or not', () => {
    const own = colourOfName('team/run_0');
    const found = comparedColours(
      [envs[0]!, { id: 99, name: 'team/late', colour: own }],
      new Map([['team/run_0', own]]),
    );
    expect(found.get('team/run_0')).not.toBe(own);
  });

  it('leaves a chosen colour as it is, and the others give way', () => {
    const own = colourOfName('team/run_0');
    const found = comparedColours([envs[0]!, { id: 99, name: 'team/late', colour: own }]);
    expect(found.get('team/late')).toBe(own);
    expect(of(found, 0)).not.toBe(own);
  });

  it('lets two envs share a colour that was chosen for both', () => {
    const found = comparedColours([
      { id: 1, name: 'team/a', colour: 3 },
      { id: 2, name: 'team/b', colour: 3 },
    ]);
    expect([...found.values()]).toEqual([3, 3]);
  });

  it('uses all colours alike when there are more envs than colours', () => {
    const counts = new Map<number, number>();
    for (const colour of comparedColours(envs).values()) counts.set(colour, (counts.get(colour) ?? 0) + 1);
    expect(counts.size).toBe(10);
    expect(Math.max(...counts.values())).toBe(2);
  });
});
