import { describe, expect, it } from 'vitest';
import type { WindowState } from '../live/types';
import { sectionsOf, toHex } from './attributes';

const pane = {
  traces: [
    { name: 'loss', attrs: { type: 'scatter', mode: 'lines', line: { width: 2 }, x: [1, 2] } },
    { name: '', attrs: { type: 'bar' } },
  ],
  layout: { xaxis: { type: 'log' }, annotations: [{ text: 'here' }] },
} as unknown as WindowState;
const own = {
  smoothing: 0,
  layout: { 'title.text': 'Mine' },
  traces: { loss: { 'line.color': '#ff0000' } },
  visible: {},
  view: {},
};

describe('the rows of the property editor', () => {
  const filled = {
    traces: [{ opacity: 1, line: { dash: 'solid', color: '#123456' } }, {}],
    layout: { xaxis: { title: { text: 'Click to enter X axis title' } }, showlegend: true },
  };
  const sections = sectionsOf(pane, own, filled);
  const row = (section: number, path: string) => sections[section]!.rows.find((one) => one.path === path);

  it('are one table for each trace and one for the layout', () => {
    expect(sections.map(({ title }) => title)).toEqual(['Trace 1: loss', 'Trace 2', 'Layout']);
  });

  it('have what the figure says, what the person changed, and what is drawn', () => {
    expect(row(0, 'line.width')).toMatchObject({ value: 2, isSaid: true, isOwn: false });
    expect(row(0, 'line.color')).toMatchObject({ value: '#ff0000', isOwn: true });
    expect(row(0, 'line.dash')).toMatchObject({ value: 'solid', isSaid: false });
    expect(row(0, 'type')).toBeUndefined();
    expect(row(2, 'title.text')).toMatchObject({ value: 'Mine', isOwn: true });
    expect(row(2, 'xaxis.type')).toMatchObject({ value: 'log', choices: expect.arrayContaining(['linear']) });
    expect(row(2, 'xaxis.title.text')).toMatchObject({ value: '' });
    expect(row(2, 'showlegend')).toMatchObject({ value: true, isSaid: false });
  });

  it('know colours', () => {
    expect(toHex('#ABC')).toBe('#aabbcc');
    expect(toHex('rgba(255, 16, 0, 0.5)')).toBe('#ff1000');
    expect(toHex('tomato')).toBeNull();
  });
});
