import { describe, expect, it } from 'vitest';
import {
  colourOfName,
  envColour,
  envColourIn,
  envColourIndex,
  learnColour,
  settleColours,
} from './envColour';

describe('envColour', () => {
  it('is the same for ever, whatever else is shown', () => {
    expect(['ada/main', 'ada/resnet_lr01', 'team/größe 🙂', ''].map(colourOfName)).toEqual([7, 5, 2, 5]);
  });

  it('is one of the ten data colours, for pages and for canvases alike', () => {
    expect(envColour('ada/main')).toBe(`var(--data-${envColourIndex('ada/main') + 1})`);
    const data = Array.from({ length: 10 }, (_, index) => `#${index}`);
    expect(envColourIn(data, 'ada/main')).toBe(`#${envColourIndex('ada/main')}`);
  });

  it('is what somebody chose, until the choice is taken back', () => {
    const own = envColourIndex('ada/chosen');
    learnColour('ada/chosen', (own + 1) % 10);
    expect(envColourIndex('ada/chosen')).toBe((own + 1) % 10);
    learnColour('ada/chosen', undefined); // a row that does not say
    expect(envColourIndex('ada/chosen')).toBe((own + 1) % 10);
    learnColour('ada/chosen', null);
    expect(envColourIndex('ada/chosen')).toBe(own);
  });

  it('is what a comparison settled, while it is shown', () => {
    const own = envColourIndex('ada/settled');
    settleColours(new Map([['ada/settled', (own + 2) % 10]]));
    expect(envColourIndex('ada/settled')).toBe((own + 2) % 10);
    settleColours(new Map());
    expect(envColourIndex('ada/settled')).toBe(own);
  });

  it('uses all ten about equally', () => {
    const counts = new Array<number>(10).fill(0);
    for (let run = 0; run < 2000; run += 1) counts[colourOfName(`ada/resnet_lr${run}`)]! += 1;
    expect(Math.min(...counts)).toBeGreaterThan(140);
    expect(Math.max(...counts)).toBeLessThan(260);
  });
});
