import { describe, expect, it } from 'vitest';
import { envColour, envColourIn, envColourIndex } from './envColour';

describe('envColour', () => {
  it('is the same for ever, whatever else is shown', () => {
    expect(['ada/main', 'ada/resnet_lr01', 'team/größe 🙂', ''].map(envColourIndex)).toMatchInlineSnapshot(`
      [
        7,
        5,
        2,
        5,
      ]
    `);
  });

  it('is one of the ten data colours, for pages and for canvases alike', () => {
    expect(envColour('ada/main')).toBe(`var(--data-${envColourIndex('ada/main') + 1})`);
    const data = Array.from({ length: 10 }, (_, index) => `#${index}`);
    expect(envColourIn(data, 'ada/main')).toBe(`#${envColourIndex('ada/main')}`);
  });

  it('uses all ten about equally', () => {
    const counts = new Array<number>(10).fill(0);
    for (let run = 0; run < 2000; run += 1) counts[envColourIndex(`ada/resnet_lr${run}`)]! += 1;
    expect(Math.min(...counts)).toBeGreaterThan(140);
    expect(Math.max(...counts)).toBeLessThan(260);
  });
});
