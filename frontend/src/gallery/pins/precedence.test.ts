import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  applyBest,
  countEnvs,
  effective,
  indexOf,
  moveBest,
  parsePins,
  type Pin,
  pinEverywhere,
  pinHere,
  type PinList,
  place,
  unpinEverywhere,
  unpinHere,
} from './precedence';

const ENVS = ['t/a', 't/b'];
const CARDS = ['A', 'B', 'C'];

const at = (env: string, card: string, step: number, index: number | null = 0) => ({
  env,
  card,
  step,
  index,
});

function best(env: string, card: string | null, step: number): Pin {
  return {
    env,
    scope: card === null ? 'page' : 'panel',
    card,
    step,
    source: 'best',
    index: null,
    except: [],
    best: {
      metric: 'loss',
      mode: 'min',
      with_image: card !== null,
      tolerance: 20,
      value: step / 10,
      metric_step: step,
      distance: 0,
      has_image: true,
      alternative: null,
    },
  };
}

const stepIn = (pins: PinList, env: string, card: string) => effective(pins, env, card)?.step ?? null;

describe('pins', () => {
  it('of all cards go with the last card they hold', () => {
    const wide = pinEverywhere([], at('t/a', 'A', 5));
    const once = unpinHere(wide, 't/a', 'A', ['A', 'B']);
    expect(stepIn(once, 't/a', 'B')).toBe(5);
    expect(unpinHere(once, 't/a', 'B', ['A', 'B'])).toEqual([]);
    const other = pinHere(once, at('t/a', 'A', 7));
    expect(countEnvs(unpinHere(other, 't/a', 'B', ['A', 'B']))).toBe(1);
  });

  it('hold an env in one card, and leave the others to the slider', () => {
    const pins = pinHere([], at('t/a', 'A', 5));
    expect([stepIn(pins, 't/a', 'A'), stepIn(pins, 't/a', 'B'), stepIn(pins, 't/b', 'A')]).toEqual([
      5,
      null,
      null,
    ]);
  });

  it('of the page replace all earlier ones of that env, its exclusions too', () => {
    let pins = pinEverywhere(pinHere([], at('t/a', 'A', 5)), at('t/a', 'B', 7));
    expect(CARDS.map((card) => stepIn(pins, 't/a', card))).toEqual([7, 7, 7]);
    pins = pinEverywhere(unpinHere(pins, 't/a', 'C'), at('t/a', 'B', 8));
    expect(CARDS.map((card) => stepIn(pins, 't/a', card))).toEqual([8, 8, 8]);
    expect(unpinEverywhere(pins, 't/a')).toEqual([]);
  });

  it('in one panel override a wider pin there alone; without it the card follows the slider', () => {
    let pins = pinHere(pinEverywhere([], at('t/a', 'B', 7)), at('t/a', 'A', 5));
    expect(CARDS.map((card) => stepIn(pins, 't/a', card))).toEqual([5, 7, 7]);
    pins = unpinHere(pins, 't/a', 'A');
    expect(CARDS.map((card) => stepIn(pins, 't/a', card))).toEqual([null, 7, 7]);
  });

  it('go from this card, or from all', () => {
    const pins = pinEverywhere([], at('t/a', 'B', 7));
    expect(CARDS.map((card) => stepIn(unpinHere(pins, 't/a', 'A'), 't/a', card))).toEqual([null, 7, 7]);
    const local = pinHere(pins, at('t/a', 'A', 5));
    expect(unpinEverywhere(local, 't/a')).toEqual([]);
  });

  it('at best steps replace all but local ones, and those where they override them', () => {
    let pins = pinEverywhere(pinHere([], at('t/a', 'A', 5)), at('t/b', 'A', 9));
    pins = pinHere(pins, at('t/a', 'C', 6));
    pins = applyBest(pins, [best('t/a', 'A', 50), best('t/a', 'B', 60)]);
    expect(CARDS.map((card) => stepIn(pins, 't/a', card))).toEqual([50, 60, 6]);
    expect(stepIn(pins, 't/b', 'A')).toBe(null);
    pins = applyBest(pins, [best('t/a', null, 40)]);
    expect(pins).toEqual([best('t/a', null, 40)]);
    expect(applyBest(pins, [])).toBe(pins);
  });

  it('tell their sample only where they were made', () => {
    const [pin] = pinEverywhere([], at('t/a', 'B', 7, 2));
    expect([indexOf(pin!, 'B'), indexOf(pin!, 'A'), indexOf(null, 'A')]).toEqual([2, null, null]);
  });

  it('are counted by env', () => {
    const pins = pinHere(pinHere(pinEverywhere([], at('t/b', 'A', 1)), at('t/a', 'A', 5)), at('t/a', 'B', 5));
    expect(countEnvs(pins)).toBe(2);
  });

  it('move on with their metric, and stay away where they were taken away', () => {
    let pins = applyBest([], [best('t/a', 'A', 50), best('t/a', 'B', 60)]);
    pins = pinHere(unpinHere(pins, 't/a', 'B'), at('t/a', 'C', 3));
    const found = [best('t/a', 'A', 51), best('t/a', 'B', 61), best('t/a', 'C', 71), best('t/b', 'A', 81)];
    const moved = moveBest(pins, found, new Set([place('t/b', null)]));
    expect(CARDS.map((card) => stepIn(moved, 't/a', card))).toEqual([51, null, 3]);
    expect(stepIn(moved, 't/b', 'A')).toBe(81);
    expect(moveBest(moved, found, new Set())).toBe(moved);
  });
});

describe('the state of pins', () => {
  const env = fc.constantFrom(...ENVS);
  const card = fc.constantFrom(...CARDS);
  const step = fc.integer({ min: 0, max: 9 });
  const act = fc.oneof(
    fc.record({ do: fc.constant('here' as const), env, card, step }),
    fc.record({ do: fc.constant('everywhere' as const), env, card, step }),
    fc.record({ do: fc.constant('unpin' as const), env, card }),
    fc.record({ do: fc.constant('unpin all' as const), env }),
    fc.record({
      do: fc.constant('best' as const),
      found: fc.uniqueArray(fc.tuple(env, card, step), { selector: ([e, c]) => e + c }),
    }),
    fc.record({
      do: fc.constant('plain best' as const),
      found: fc.uniqueArray(fc.tuple(env, step), { selector: ([e]) => e }),
    }),
    fc.record({ do: fc.constant('clear' as const) }),
  );

  /** What each cell is held at, written down cell by cell: what an act means to somebody who looks. */
  class Cells {
    readonly at = new Map<string, { step: number; kind: 'local' | 'wide' }>();
    each(env: string, change: (key: string, card: string) => void) {
      for (const card of CARDS) change(`${env} ${card}`, card);
    }
  }

  it('is for every cell what the last act that concerned it made it', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 25 }), (acts) => {
        const cells = new Cells();
        let pins: PinList = [];
        for (const one of acts) {
          if (one.do === 'here') {
            pins = pinHere(pins, at(one.env, one.card, one.step));
            cells.at.set(`${one.env} ${one.card}`, { step: one.step, kind: 'local' });
          } else if (one.do === 'everywhere') {
            pins = pinEverywhere(pins, at(one.env, one.card, one.step));
            cells.each(one.env, (key) => cells.at.set(key, { step: one.step, kind: 'wide' }));
          } else if (one.do === 'unpin') {
            pins = unpinHere(pins, one.env, one.card);
            cells.at.delete(`${one.env} ${one.card}`);
          } else if (one.do === 'unpin all') {
            pins = unpinEverywhere(pins, one.env);
            cells.each(one.env, (key) => cells.at.delete(key));
          } else if (one.do === 'clear') {
            pins = [];
            cells.at.clear();
          } else if (one.found.length > 0) {
            for (const [key, held] of cells.at) if (held.kind === 'wide') cells.at.delete(key);
            if (one.do === 'best') {
              pins = applyBest(
                pins,
                one.found.map(([env, card, step]) => best(env, card, step)),
              );
              for (const [env, card, step] of one.found)
                cells.at.set(`${env} ${card}`, { step, kind: 'wide' });
            } else {
              pins = applyBest(
                pins,
                one.found.map(([env, step]) => best(env, null, step)),
              );
              for (const [env, step] of one.found)
                cells.each(env, (key) => cells.at.set(key, { step, kind: 'wide' }));
            }
          }
          for (const env of ENVS)
            cells.each(env, (key, card) =>
              expect(stepIn(pins, env, card)).toBe(cells.at.get(key)?.step ?? null),
            );
          expect(parsePins(JSON.parse(JSON.stringify(pins)))).toEqual(pins);
        }
      }),
    );
  });
});

describe('kept pins', () => {
  it('are taken as far as they can be read', () => {
    const [good] = pinHere([], at('t/a', 'A', 5));
    const broken = [null, 7, {}, { ...good, step: 1.5 }, { ...good, scope: 'all' }, { ...good, card: null }];
    expect(parsePins([...broken, { ...good, source: 'best' }, good])).toEqual([good]);
    expect(parsePins('no')).toEqual([]);
  });

  it('hide none behind another', () => {
    const [wide] = pinEverywhere([], at('t/a', 'A', 7));
    const [local] = pinHere([], at('t/a', 'B', 5));
    expect(parsePins([wide, local])).toEqual([wide]);
  });
});
