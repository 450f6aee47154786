/** The values of many lines at the cursor, in a table beside it: those nearest to the cursor, in the order they lie above each other. */

import { nameNode } from '../../lib/middle';
import { formatValue } from '../series';
import { nearest, type Curve } from './curves';

/** So many lines are named; the others are counted. */
const MOST_ROWS = 14;
const AWAY = 16;

export interface Hovered {
  curves: readonly Curve[];
  /** Where the cursor is along x. */
  at: number;
  heading: string;
  /** A line whose nearest point is further away, beyond its end, has no value here. */
  tolerance: number;
  /** Where the cursor is along y. */
  value: number;
  isLog: boolean;
  /** Where it is on the page, in CSS pixels. */
  page: readonly [number, number];
}

export interface Row {
  curve: Curve;
  value: number;
  /** The band, or the value before smoothing, at the same place. */
  aside: string;
}

export interface CursorTable {
  show(owner: object, hovered: Hovered): void;
  hide(owner: object): void;
}

/** The rows for a place, highest value first, and how many lines more have a value there. */
export function rowsAt({ curves, at, tolerance, value, isLog }: Omit<Hovered, 'heading' | 'page'>): {
  rows: Row[];
  more: number;
} {
  const scaled = (y: number): number => (isLog ? Math.log10(Math.max(y, Number.MIN_VALUE)) : y);
  const all: Row[] = [];
  for (const curve of curves) {
    const { points } = curve;
    const place = nearest(points, at);
    if (place < 0) continue;
    const isBeyond = at < points.x[0]! - tolerance || at > points.x[points.x.length - 1]! + tolerance;
    if (!isBeyond) all.push({ curve, value: points.y[place]!, aside: asideAt(curve, at) });
  }
  const near = all
    .map((row) => ({ row, away: Math.abs(scaled(row.value) - scaled(value)) }))
    .sort((a, b) => a.away - b.away)
    .slice(0, MOST_ROWS)
    .map(({ row }) => row);
  return { rows: near.sort((a, b) => b.value - a.value), more: all.length - near.length };
}

function asideAt({ band, behind }: Curve, at: number): string {
  if (behind) {
    const place = nearest(behind, at);
    return place < 0 ? '' : `(${formatValue(behind.y[place])})`;
  }
  if (!band) return '';
  const place = nearest({ x: band.x, y: band.low }, at);
  return place < 0 ? '' : `${formatValue(band.low[place])} to ${formatValue(band.high[place])}`;
}

class Table implements CursorTable {
  readonly #element = document.createElement('div');
  #owner: object | null = null;

  constructor() {
    this.#element.className = 'metric-table';
    this.#element.popover = 'manual';
    // The legend says the same to those who do not see it.
    this.#element.setAttribute('aria-hidden', 'true');
    document.body.append(this.#element);
  }

  show(owner: object, hovered: Hovered): void {
    this.#owner = owner;
    const { rows, more } = rowsAt(hovered);
    const head = document.createElement('header');
    head.textContent = hovered.heading;
    const lines = rows.map(({ curve, value, aside }) => {
      const row = document.createElement('div');
      const mark = document.createElement('i');
      mark.style.background = curve.colour;
      const name = document.createElement('span');
      name.append(nameNode(curve.label));
      const number = document.createElement('b');
      number.textContent = formatValue(value);
      const small = document.createElement('small');
      small.textContent = aside;
      row.append(mark, name, number, small);
      return row;
    });
    const foot = document.createElement('footer');
    if (more > 0) foot.textContent = `and ${more} more`;
    this.#element.replaceChildren(head, ...lines, ...(more > 0 ? [foot] : []));
    if (!this.#element.matches(':popover-open')) this.#element.showPopover();
    const [x, y] = hovered.page;
    const { offsetWidth: width, offsetHeight: height } = this.#element;
    const left = x + AWAY + width > innerWidth ? x - AWAY - width : x + AWAY;
    const top = Math.min(y + AWAY, innerHeight - height - 4);
    this.#element.style.left = `${Math.max(4, left)}px`;
    this.#element.style.top = `${Math.max(4, top)}px`;
  }

  hide(owner: object): void {
    if (this.#owner !== owner) return;
    this.#owner = null;
    if (this.#element.matches(':popover-open')) this.#element.hidePopover();
  }
}

/** One for the page: there is one cursor. */
let table: Table | null = null;

export const cursorTable: CursorTable = {
  show(owner, hovered) {
    (table ??= new Table()).show(owner, hovered);
  },
  hide(owner) {
    table?.hide(owner);
  },
};
