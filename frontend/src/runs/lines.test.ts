import { describe, expect, it } from 'vitest';
import { type Group, groupIds, Lines, shiftOf } from './lines';

const group = (depth: number, value: unknown, start: number, count: number): Group => ({
  depth,
  column: depth ? 'config:lr' : 'status',
  value,
  start,
  count,
});
const GROUPS = [
  group(0, 'finished', 0, 3),
  group(1, 0.1, 0, 2),
  group(1, 0.2, 2, 1),
  group(0, 'running', 3, 1),
  group(1, 0.1, 3, 1),
];

function told(lines: Lines): string[] {
  return Array.from({ length: lines.count }, (_, at) => {
    const line = lines.at(at)!;
    return line.kind === 'row' ? String(line.row) : `${line.group.value}${line.isOpen ? '' : ' (closed)'}`;
  });
}

describe('lines of the runs table', () => {
  it('are its rows where nothing is grouped', () => {
    const lines = new Lines(3, [], new Set());
    expect(told(lines)).toEqual(['0', '1', '2']);
    expect(lines.at(3)).toBeNull();
    expect(lines.at(-1)).toBeNull();
  });

  it('have the heads of groups before their rows', () => {
    expect(told(new Lines(4, GROUPS, new Set()))).toEqual([
      'finished',
      '0.1',
      '0',
      '1',
      '0.2',
      '2',
      'running',
      '0.1',
      '3',
    ]);
  });

  it('leave out what a closed group holds, and only that', () => {
    const ids = groupIds(GROUPS);
    expect(new Set(ids).size).toBe(5);
    expect(told(new Lines(4, GROUPS, new Set([ids[0]!])))).toEqual([
      'finished (closed)',
      'running',
      '0.1',
      '3',
    ]);
    const inner = new Lines(4, GROUPS, new Set([ids[1]!]));
    expect(told(inner)).toEqual(['finished', '0.1 (closed)', '0.2', '2', 'running', '0.1', '3']);
    expect([0, 1, 2, 3].map((row) => inner.lineOf(row))).toEqual([null, null, 3, 6]);
  });

  it('are none where there are no rows', () => {
    expect(new Lines(0, [], new Set()).count).toBe(0);
  });
});

describe('what was in sight', () => {
  const before = new Map(['a', 'b', 'c', 'd'].map((key, at) => [at + 10, key] as const));
  const shift = (now: Record<string, number>) => shiftOf(before, (key) => now[key] ?? null);

  it('goes where most of it went', () => {
    expect(shift({ a: 12, b: 13, c: 14, d: 15 })).toBe(2);
    expect(shift({ a: 0, b: 11, c: 12, d: 13 })).toBe(0);
    expect(shift({ b: 10, c: 11, d: 12 })).toBe(-1);
  });

  it('stays where as much stayed as went', () => {
    expect(shift({ a: 11, b: 12, c: 12, d: 13 })).toBe(0);
  });

  it('goes nowhere once it is gone', () => {
    expect(shift({})).toBeNull();
  });
});
