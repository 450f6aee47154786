/** The lines of the table: rows, with heads of groups between them, of which some are closed. Plain arithmetic, without a page. */

export interface Group {
  depth: number;
  column: string;
  value: unknown;
  /** Place of its first row among all rows. */
  start: number;
  count: number;
}

export interface GroupLine {
  kind: 'group';
  group: Group;
  id: string;
  isOpen: boolean;
}

export type Line = { kind: 'row'; row: number } | GroupLine;

interface Piece {
  /** The first line of this piece. */
  at: number;
  length: number;
  /** Rows of the piece, or null where it is one head. */
  firstRow: number | null;
  head: { group: Group; id: string; isOpen: boolean } | null;
}

/** Whether two lines show the same. */
export function isSameLine(one: Line, other: Line): boolean {
  if (one.kind === 'row' || other.kind === 'row')
    return one.kind === 'row' && other.kind === 'row' && one.row === other.row;
  return one.group === other.group && one.id === other.id && one.isOpen === other.isOpen;
}

/** What a group is known by: its own value and those of the groups that hold it. */
export function groupIds(groups: readonly Group[]): string[] {
  const path: string[] = [];
  return groups.map((group) => {
    path.length = group.depth;
    path.push(JSON.stringify([group.column, group.value]));
    return path.join(' ');
  });
}

/**
 * By how many lines most of what was in sight moved, of a few: what each line showed before, and where that is now. Null where nothing
 * is left of it. Of shifts that are as frequent the smallest counts.
 */
export function shiftOf(
  before: ReadonlyMap<number, string>,
  now: (key: string, before: number) => number | null,
): number | null {
  const counts = new Map<number, number>();
  for (const [at, key] of before) {
    const to = now(key, at);
    if (to !== null) counts.set(to - at, (counts.get(to - at) ?? 0) + 1);
  }
  const [most] = [...counts].sort(([a, n], [b, m]) => m - n || Math.abs(a) - Math.abs(b));
  return most ? most[0] : null;
}

export class Lines {
  readonly count: number;
  readonly #pieces: readonly Piece[];

  constructor(rows: number, groups: readonly Group[], closed: ReadonlySet<string>) {
    const pieces: Piece[] = [];
    let at = 0;
    const add = (length: number, firstRow: number | null, head: Piece['head']) => {
      if (length > 0) pieces.push({ at, length, firstRow, head });
      at += length;
    };
    if (groups.length === 0) add(rows, 0, null);
    const ids = groupIds(groups);
    const deepest = Math.max(0, ...groups.map(({ depth }) => depth));
    for (let i = 0; i < groups.length;) {
      const group = groups[i]!;
      const isOpen = !closed.has(ids[i]!);
      add(1, null, { group, id: ids[i]!, isOpen });
      i += 1;
      if (isOpen && group.depth === deepest) add(group.count, group.start, null);
      if (!isOpen) while (i < groups.length && groups[i]!.depth > group.depth) i += 1;
    }
    this.#pieces = pieces;
    this.count = at;
  }

  at(line: number): Line | null {
    let low = 0;
    let high = this.#pieces.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#pieces[middle]!.at <= line) low = middle;
      else high = middle - 1;
    }
    const piece = this.#pieces[low];
    if (!piece || line < piece.at || line >= piece.at + piece.length) return null;
    if (piece.head) return { kind: 'group', ...piece.head };
    return { kind: 'row', row: piece.firstRow! + line - piece.at };
  }

  /** The line of a group's head, or null where there is none. */
  headOf(id: string): number | null {
    return this.#pieces.find(({ head }) => head?.id === id)?.at ?? null;
  }

  /** The line of a row, or null while a group that holds it is closed. */
  lineOf(row: number): number | null {
    for (const piece of this.#pieces) {
      if (piece.firstRow !== null && row >= piece.firstRow && row < piece.firstRow + piece.length)
        return piece.at + row - piece.firstRow;
    }
    return null;
  }
}
