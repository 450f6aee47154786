import { expect, it } from 'vitest';
import { sayCell } from './cells';
import type { RunRow } from './table.svelte';

const ROW = {
  created: '2026-11-20T10:00:00Z',
  notes: 'came out well',
  owner: null,
  cells: [],
} as unknown as RunRow;

function say(column: string, value: unknown = null): ReturnType<typeof sayCell> {
  const table = { clock: Date.parse('2026-11-22T11:00:00Z'), cell: () => value, durationOf: () => 75 };
  return sayCell(table, ROW, column);
}

it('says the lowest and highest of a metric with their steps, and the last without', () => {
  const value = { value: 0.123456, step: 40 };
  expect(say('metric:min:loss', value)).toEqual({
    text: '0.12346',
    title: '0.123456 at step 40',
    aside: '@40',
  });
  expect(say('metric:last:loss', value)).toEqual({ text: '0.12346', title: '0.123456 at step 40' });
  expect(say('metric:mean:loss', { value: 2, step: null })).toEqual({ text: '2', title: '2' });
});

it('says that there is nothing', () => {
  expect(say('metric:min:loss')).toEqual({ text: '–', isNothing: true });
  expect(say('config:lr')).toEqual({ text: '–', isNothing: true });
  expect(say('owner')).toEqual({ text: '' });
});

it('says times shortly, and in full in the title', () => {
  expect(say('created').text).toBe('2 days ago');
  expect(say('created').title).toContain('20 Nov 2026');
  expect(say('duration').text).toBe('1m 15s');
});

it('says a value of a config as it is', () => {
  expect(say('config:lr', 0.1)).toEqual({ text: '0.1', title: '0.1' });
  expect(say('config:layers', [1, 2])).toEqual({ text: '[1,2]', title: '[1,2]' });
});
