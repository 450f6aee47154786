/**
 * What the metric panes of one page share: how they are drawn, where the cursor is, and what is zoomed to. Choices are kept
 * with the person's arrangement (own.ts), for each env and each set of compared envs; and on this device, for whoever is not signed in.
 * A saved view, a share link and an address bring their own.
 */

import { believed, DEFAULTS, type MetricSettings, type PageSettings, type XAxis } from './settings';

type Changes = Partial<MetricSettings>;

/** Where somebody points: a place along x. */
export interface Pointed {
  x: XAxis;
  at: number;
  from: object;
}

export type Range = readonly [number, number];

/** What a saved view or an address can carry. */
export interface MetricsState {
  page?: Partial<PageSettings>;
  panes?: Record<string, Changes>;
}

const KEY = 'panewall.metrics';
const MOST_KEPT = 50;
const MOST_PANES = 500;

export class MetricPage {
  readonly #slot: string;
  #page = $state.raw<Partial<PageSettings>>({});
  #panes = $state.raw<Record<string, Changes>>({});
  /** What is shown by itself, by a view or a link; null: what the person keeps. */
  #given = $state.raw<MetricsState | null>(null);
  #own: MetricsState = {};
  /** What is shown came with the address. */
  #isBegun = false;
  readonly #onSettings = new Set<() => void>();
  readonly #onKept = new Set<() => void>();
  readonly #onPointed = new Set<(pointed: Pointed | null) => void>();
  readonly #zoomed = new Map<XAxis, Range>();
  readonly #onZoom = new Set<(x: XAxis, range: Range | null, from: object) => void>();

  constructor(slot: string) {
    this.#slot = slot;
    this.restore(recall()[slot]);
  }

  /** Reactive: how all panes are drawn that have no choice of their own. */
  get all(): PageSettings {
    return { ...DEFAULTS, ...this.#page };
  }

  /** Reactive: how one pane is drawn. */
  of(pane: string): PageSettings {
    return { ...this.all, ...this.#panes[pane] };
  }

  /** Reactive: what was chosen for this pane alone. */
  own(pane: string): Changes {
    return this.#panes[pane] ?? {};
  }

  /** Reactive: how many panes have choices of their own. */
  get ownCount(): number {
    return Object.keys(this.#panes).length;
  }

  setAll(changes: Partial<PageSettings>): void {
    this.#page = { ...this.#page, ...changes };
    this.#changed();
  }

  /** Chooses for one pane; what it has in common with all others then is no longer its own. */
  setPane(pane: string, changes: Changes): void {
    const { all } = this;
    const own = Object.entries({ ...this.#panes[pane], ...changes }).filter(
      ([name, value]) => all[name as keyof Changes] !== value,
    );
    const others = without(this.#panes, pane);
    this.#panes = own.length > 0 ? { ...others, [pane]: Object.fromEntries(own) as Changes } : others;
    this.#changed();
  }

  /** The pane, or with null every pane, is drawn like all again. */
  forget(pane: string | null): void {
    if (pane === null) this.#panes = {};
    else this.#panes = without(this.#panes, pane);
    this.#changed();
  }

  /** All of it as plain JSON. */
  state(): MetricsState {
    return {
      ...(Object.keys(this.#page).length > 0 ? { page: this.#page } : {}),
      ...(Object.keys(this.#panes).length > 0 ? { panes: this.#panes } : {}),
    };
  }

  /** Reactive: what the view or the link has that is shown; null: it is the person's own. */
  get given(): MetricsState | null {
    return this.#given;
  }

  /** What the person keeps, whatever is shown. */
  get kept(): MetricsState {
    return this.#own;
  }

  /** What the person keeps has come. It is shown where nothing else is asked for. */
  restore(kept: unknown): void {
    this.#own = asMetrics(kept) ?? {};
    if (this.#given === null && !this.#isBegun) this.#show(this.#own);
  }

  /** Shows what the address says, else what a view or a link has, else the person's own again. */
  turnTo(begun: MetricsState | null, given: MetricsState | null): void {
    this.#given = given;
    this.#isBegun = begun !== null;
    this.#show(begun ?? given ?? this.#own);
  }

  /** Says that what is shown now is what the view has; with null: that it is the person's own. */
  belongTo(given: MetricsState | null): void {
    this.#given = given;
  }

  /** `listener` hears of each change of what the person keeps. */
  onKept(listener: () => void): () => void {
    this.#onKept.add(listener);
    return () => this.#onKept.delete(listener);
  }

  onSettings(listener: () => void): () => void {
    this.#onSettings.add(listener);
    return () => this.#onSettings.delete(listener);
  }

  onPointed(listener: (pointed: Pointed | null) => void): () => void {
    this.#onPointed.add(listener);
    return () => this.#onPointed.delete(listener);
  }

  point(pointed: Pointed | null): void {
    for (const listener of this.#onPointed) listener(pointed);
  }

  onZoom(listener: (x: XAxis, range: Range | null, from: object) => void): () => void {
    this.#onZoom.add(listener);
    return () => this.#onZoom.delete(listener);
  }

  /** What was zoomed to in all panes with this x. */
  zoomedTo(x: XAxis): Range | null {
    return this.#zoomed.get(x) ?? null;
  }

  zoom(x: XAxis, range: Range | null, from: object): void {
    if (range) this.#zoomed.set(x, range);
    else this.#zoomed.delete(x);
    for (const listener of [...this.#onZoom]) listener(x, range, from);
  }

  #show({ page = {}, panes = {} }: MetricsState): void {
    this.#page = page;
    this.#panes = panes;
    for (const listener of this.#onSettings) listener();
  }

  /** What a view or a link gave is changed for this page alone. */
  #changed(): void {
    for (const listener of this.#onSettings) listener();
    if (this.#given !== null) return;
    this.#own = this.state();
    remember(this.#slot, this.#own);
    for (const listener of this.#onKept) listener();
  }
}

const pages = new Map<string, MetricPage>();

/** What is shared on the page of an env (`workspace/name`), or of envs that are compared (names joined by `+`, in any order). */
export function metricPage(name: string): MetricPage {
  const slot = name.split('+').sort().join('+');
  let page = pages.get(slot);
  if (!page) pages.set(slot, (page = new MetricPage(slot)));
  return page;
}

/** What `state` gave once; what makes no sense is left out. Null: it is nothing of the sort. */
export function asMetrics(value: unknown): MetricsState | null {
  if (typeof value !== 'object' || value === null) return null;
  const { page, panes } = value as Record<string, unknown>;
  const each = Object.entries(typeof panes === 'object' && panes !== null ? panes : {});
  return {
    page: believed(page),
    panes: Object.fromEntries(each.slice(-MOST_PANES).map(([key, kept]) => [key, believed(kept)])),
  };
}

function without<T>(map: Readonly<Record<string, T>>, key: string): Record<string, T> {
  return Object.fromEntries(Object.entries(map).filter(([name]) => name !== key));
}

function recall(): Record<string, unknown> {
  try {
    const all: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    return typeof all === 'object' && all !== null ? (all as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function remember(slot: string, state: MetricsState): void {
  const recent = Object.entries(without(recall(), slot)).slice(1 - MOST_KEPT);
  const mine = Object.keys(state).length > 0 ? [[slot, state] as const] : [];
  try {
    localStorage.setItem(KEY, JSON.stringify(Object.fromEntries([...recent, ...mine])));
  } catch {
    // Storage is full or forbidden: the choice lasts as long as the page.
  }
}
