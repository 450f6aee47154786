import { describe, expect, it } from 'vitest';
import { columnsIn, columnsQuery, tableQuery, tableState, USUAL_COLUMNS } from './address';
import { asked, duration, isKnown, labelOf, type Op, opsOf, partsOf, said, valueOf } from './words';

describe('columns', () => {
  it('are named by source, aggregate and name, which may contain colons', () => {
    expect(partsOf('metric:min:a:b')).toEqual({ source: 'metric', name: 'a:b', aggregate: 'min' });
    expect(labelOf('metric:min:val/loss')).toBe('val/loss (min)');
    expect(['name', 'config:lr', 'tag:fold', 'metric:median:x', 'config:', 'other'].map(isKnown)).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});

describe('values', () => {
  it('are durations of two parts', () => {
    expect([0, 59, 60, 3661, 90_061].map(duration)).toEqual(['0s', '59s', '1m', '1h 1m', '1d 1h']);
  });
});

describe('conditions', () => {
  it('take what was typed by the kind of column', () => {
    expect(valueOf('number', '>', ' 0.1 ')).toBe(0.1);
    expect(valueOf('number', '>', 'much')).toBeNull();
    expect(valueOf('mixed', '=', 'auto')).toBe('auto');
    expect(valueOf('mixed', '>', 'auto')).toBeNull();
    expect(valueOf('text', '=', '12')).toBe('12');
    expect(valueOf('number', 'between', '1, 2')).toEqual([1, 2]);
    expect(valueOf('number', 'between', '1')).toBeNull();
    expect(valueOf('date', '>', '2026-01-31')).toBe('2026-01-31');
    expect(valueOf('date', '>', 'soon')).toBeNull();
    expect(valueOf('tags', 'any_of', 'a, b,')).toEqual(['a', 'b']);
    expect(valueOf('text', 'contains', '  ')).toBeNull();
    expect(valueOf('mixed', '=', ' 7 ')).toBe('7');
    expect(valueOf('mixed', '>', '7')).toBe(7);
  });

  it('of a config, which holds numbers and texts, compare as either', () => {
    expect(opsOf('mixed')).toEqual(expect.arrayContaining([...opsOf('number'), ...opsOf('text')]));
  });

  it('are said in words and asked as groups of alternatives', () => {
    const lr = { column: 'config:lr', op: '>=', value: 0.1 } as const;
    expect(said(lr)).toBe('lr ≥ 0.1');
    expect(said({ column: 'tags', op: 'exists' })).toBe('Tags exists');
    expect(asked([], [])).toBeNull();
    expect(asked([[lr]], ['failed'])).toEqual({
      all: [{ any: [lr] }, { column: 'status', op: 'any_of', value: ['failed'] }],
    });
  });
});

describe('conditions on dates', () => {
  const day = (number: number) => new Date(2026, 0, number).toISOString();
  const of = (op: Op, value: unknown) => {
    const found = asked([[{ column: 'created', op, value }]], []) as { all: [{ any: [object] }] };
    return found.all[0].any[0];
  };
  const is = (op: string, value: string) => ({ column: 'created', op, value });

  it('are about whole days of this clock', () => {
    expect(of('=', '2026-01-30')).toEqual({ all: [is('>=', day(30)), is('<', day(31))] });
    expect(of('!=', '2026-01-30')).toEqual({ any: [is('<', day(30)), is('>=', day(31))] });
    expect(of('>', '2026-01-30')).toEqual(is('>=', day(31)));
    expect(of('>=', '2026-01-30')).toEqual(is('>=', day(30)));
    expect(of('<', '2026-01-30')).toEqual(is('<', day(30)));
    expect(of('<=', '2026-01-30')).toEqual(is('<', day(31)));
    expect(of('between', ['2026-01-30', '2026-01-28'])).toEqual({
      all: [is('>=', day(28)), is('<', day(31))],
    });
    expect(of('>', 'soon')).toEqual(is('>', 'soon'));
  });

  it('are said as of dates', () => {
    expect(said({ column: 'created', op: '>=', value: '2026-01-30' })).toBe('Created on or after 2026-01-30');
    expect(said({ column: 'duration', op: '>=', value: 5 })).toBe('Duration ≥ 5');
  });
});

describe('the address', () => {
  it('says the table, and is understood again', () => {
    const state = {
      search: 'res net',
      sort: { column: 'metric:min:val/loss', descending: true },
      filter: [[{ column: 'config:lr', op: '>', value: 0.1 } as const]],
      statuses: ['failed', ''],
      group: ['status', 'config:model'],
      isOnlySelected: true,
      isSelectedFirst: true,
      hidden: ['me/run_2'],
    };
    const query = tableQuery(state);
    query.append('env', 'me/run_1');
    query.append('env', 'me/run_2');
    expect(tableState(query)).toEqual(state);
  });

  it('says the columns where they are not the usual ones', () => {
    expect(columnsQuery(USUAL_COLUMNS).size).toBe(0);
    expect(columnsIn(new URLSearchParams('sort=name'))).toBeNull();
    const none = { columns: [], pinned: [] };
    const some = {
      columns: ['config:lr, really', 'created', 'metric:min:val/loss'],
      pinned: ['config:lr, really'],
    };
    for (const shown of [none, some]) expect(columnsIn(columnsQuery(shown))).toEqual(shown);
    expect(
      columnsIn(new URLSearchParams('column=odd&column=tags&column=tags&column=name&pinned=notes')),
    ).toEqual({
      columns: ['tags'],
      pinned: [],
    });
    const long = {
      columns: Array.from({ length: 200 }, (_, i) => `config:a_rather_long_name_${i}`),
      pinned: [],
    };
    expect(columnsQuery(long).size).toBe(0);
  });

  it('is taken as far as it makes sense', () => {
    const odd = new URLSearchParams(
      'where=[1,[{"column":"x","op":">"}],[]]&sort=nonsense&group=a&status=odd&hidden=me/not_ticked',
    );
    expect(tableState(odd)).toEqual({
      search: '',
      sort: null,
      filter: [],
      statuses: [],
      group: [],
      isOnlySelected: false,
      isSelectedFirst: false,
      hidden: [],
    });
    expect(tableState(new URLSearchParams('where={')).filter).toEqual([]);
    const inherited = 'where=[[{"column":"name","op":"toString"}]]&sort=constructor&group=valueOf';
    expect(tableQuery(tableState(new URLSearchParams(inherited))).size).toBe(0);
  });
});
