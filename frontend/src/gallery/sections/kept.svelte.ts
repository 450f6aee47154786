/**
 * What a person made of the sections of a workspace: their order, names, sizes, which are folded and which put away. Kept on this device,
 * as it is about a screen and a pair of eyes; whether the wall shows sections at all is kept, too.
 */

import { type Grid, gridOf } from './grouping';

const MODE = 'panewall.wall';
/** How addresses, views and this device say that the wall shows sections. */
export const SECTIONED = 'sections';
export const GRID = 'grid';
export type WallMode = typeof SECTIONED | typeof GRID;

/** What an address says, if anything. */
export function modeOf(text: string | null): WallMode | undefined {
  return text === SECTIONED || text === GRID ? text : undefined;
}

/** Whether this person looked at sections last. */
export function lastSectioned(): boolean {
  return read(MODE) === SECTIONED;
}

export function keepSectioned(isSectioned: boolean): void {
  write(MODE, isSectioned ? SECTIONED : GRID);
}

export class KeptSections {
  /** Names in the person's order; sections they never moved are not among them. */
  order = $state.raw<readonly string[]>([]);
  folded = $state.raw<readonly string[]>([]);
  hidden = $state.raw<readonly string[]>([]);
  /** What the person calls a section instead. */
  names = $state.raw<Readonly<Record<string, string>>>({});
  #grids = $state.raw<Readonly<Record<string, Grid>>>({});
  readonly #slot: string;

  /** @param workspaces names of the workspaces whose envs are shown */
  constructor(workspaces: readonly string[]) {
    this.#slot = `panewall.sections:${[...new Set(workspaces)].sort().join('+')}`;
    const kept = parsed(read(this.#slot));
    this.order = texts(kept.order);
    this.folded = texts(kept.folded);
    this.hidden = texts(kept.hidden);
    this.names = mapped(kept.names, (name) => (typeof name === 'string' && name ? name : null));
    this.#grids = mapped(kept.grids, gridOf);
  }

  nameOf(section: string): string {
    return Object.hasOwn(this.names, section) ? this.names[section]! : section;
  }

  gridOf(section: string): Grid {
    return gridOf(Object.hasOwn(this.#grids, section) ? this.#grids[section] : null);
  }

  isFolded(section: string): boolean {
    return this.folded.includes(section);
  }

  fold(section: string, isFolded: boolean): void {
    this.folded = without(this.folded, section);
    if (isFolded) this.folded = [...this.folded, section];
    this.#keep();
  }

  hide(section: string, isHidden: boolean): void {
    this.hidden = without(this.hidden, section);
    if (isHidden) this.hidden = [...this.hidden, section];
    this.#keep();
  }

  /** Gives a section another name; an empty one gives it back its own. */
  rename(section: string, name: string): void {
    const others = Object.fromEntries(Object.entries(this.names).filter(([one]) => one !== section));
    const next = name.trim();
    this.names = next && next !== section ? { ...others, [section]: next } : others;
    this.#keep();
  }

  resize(section: string, grid: Grid): void {
    this.#grids = { ...this.#grids, [section]: gridOf(grid) };
    this.#keep();
  }

  arrange(order: readonly string[]): void {
    this.order = order;
    this.#keep();
  }

  #keep(): void {
    const { order, folded, hidden, names } = this;
    write(this.#slot, JSON.stringify({ order, folded, hidden, names, grids: this.#grids }));
  }
}

const without = (names: readonly string[], name: string) => names.filter((one) => one !== name);

function read(slot: string): string | null {
  try {
    return localStorage.getItem(slot);
  } catch {
    return null;
  }
}

function write(slot: string, text: string): void {
  try {
    localStorage.setItem(slot, text);
  } catch {
    // No storage here: it lasts as long as the page.
  }
}

function parsed(text: string | null): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];

function mapped<T>(value: unknown, take: (one: unknown) => T | null): Record<string, T> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, one]) => {
      const taken = take(one);
      return taken === null ? [] : [[name, taken]];
    }),
  );
}
