/** The state of one wall: which panes are shown, and where. The arithmetic is in layout.ts, the keeping in keeper.ts. */

import type { PinState } from '../gallery/pins/pins.svelte';
import { keepSectioned, lastSectioned } from '../gallery/sections/kept.svelte';
import type { StepsJson } from '../gallery/steps.svelte';
import { titleOf } from '../live/title';
import type { LiveEnv, WindowState } from '../live/types';
import type { MetricsState } from '../plots/metrics/page.svelte';
import { makeFilter } from './filter';
import type { Keeper } from './keeper';
import {
  COLUMNS,
  type Direction,
  equal,
  firstSize,
  follow,
  grow,
  type Layout,
  neighbour,
  pack,
  readingOrder,
  reflow,
  resizeTo,
  type Size,
  step,
} from './layout';

/** Height of a row of cells, gaps included, in CSS pixels. */
export const ROW = 40;
/** Half the gap between two panes. */
export const MARGIN = 4;
const HEAD = 28 + 2 * MARGIN;
const REMEMBERED = 500;

/** A saved arrangement as it is opened. */
export interface OpenView {
  name: string;
  layout: Layout;
  filter: string;
  /** Whether it shows sections instead of the free grid. */
  isSectioned?: boolean;
  /** Null: the view says nothing of pins. */
  pins?: PinState | null;
  /** The same for the steps of its cards. */
  steps?: StepsJson | null;
  /** The same for how its metric panes are drawn. */
  metrics?: MetricsState | null;
}

export class Wall {
  /** The arrangement at full width: the person's own, or a saved view's. */
  layout = $state.raw<Layout>({});
  /** The saved view that is shown as it was saved; null while the person's own arrangement is. */
  view = $state.raw<OpenView | null>(null);
  /** Whether the kept arrangement has come: nothing is placed before. */
  isLoaded = $state(false);
  /** Whether panes stand by the prefixes of their names (gallery/sections) instead of where the person put them. */
  isSectioned = $state(false);
  /** A regular expression to find in titles; empty shows all. */
  filter = $state('');
  /** Width of the wall in CSS pixels. */
  width = $state(0);
  /** What a drag would make of the arrangement, while it goes on. */
  preview = $state.raw<Layout | null>(null);
  /** Key of the pane that arrow keys start from. */
  current = $state<string | null>(null);
  /** Panes closed here whose end the server has not told yet. */
  closing = $state.raw<readonly number[]>([]);
  /** Told to screen readers. */
  announcement = $state('');

  readonly windows = $derived.by(() => this.live.windows.filter((pane) => !this.closing.includes(pane.id)));
  readonly search = $derived(makeFilter(this.filter));
  readonly matching = $derived.by(() =>
    this.search.isUsed ? this.windows.filter((pane) => this.search.matches(titleOf(pane))) : this.windows,
  );
  readonly columns = $derived(this.width === 0 || this.width >= 880 ? COLUMNS : this.width >= 600 ? 6 : 1);
  /** Moves are kept only where the whole arrangement is on screen. */
  readonly canArrange = $derived(this.columns === COLUMNS && !this.search.isUsed && !this.isSectioned);
  readonly places = $derived.by<Layout>(() => {
    if (this.preview) return this.preview;
    let shown = this.layout;
    if (this.search.isUsed) {
      const found = new Set(this.matching.map((pane) => pane.key));
      shown = pack(
        shown,
        readingOrder(shown).filter((key) => found.has(key)),
      );
    }
    return reflow(shown, this.columns);
  });
  /** Whether the view that the wall begins with brings its filter. */
  filterFollowsView = true;
  /** Whether it brings sections or the free grid. */
  modeFollowsView = true;
  /** Called when a change to a saved view became the person's own arrangement; `undo` goes back to both as they were. */
  onleaveview: (view: OpenView, undo: () => void) => void = () => undefined;

  /** Places of windows that may come back, and of those that are here. */
  private memory: Layout = {};
  /** The person's own arrangement, while a saved view is shown too. */
  private own: Layout = {};

  constructor(
    readonly live: LiveEnv,
    private readonly keeper: Keeper,
    begin: Promise<OpenView | null> | null = null,
  ) {
    void Promise.all([keeper.load(), begin]).then(([own, view]) => {
      this.own = own;
      this.memory = view?.layout ?? own;
      this.view = view;
      if (view && this.filterFollowsView) this.filter = view.filter;
      if (view && this.modeFollowsView) this.isSectioned = view.isSectioned === true;
      this.isLoaded = true;
    });
  }

  /** Gives new windows a place; called whenever the windows of the env change. */
  follow(): void {
    if (!this.isLoaded || this.live.phase !== 'ready') return;
    // Gone for the server, too: if somebody opens it again, it is shown again.
    const still = this.closing.filter((id) => this.live.windows.some((pane) => pane.id === id));
    if (still.length < this.closing.length) this.closing = still;
    const next = follow(
      this.layout,
      this.memory,
      this.windows.map((pane) => {
        const size = () => this.sizeOf(pane);
        // Options say how large a window begins; what they say later moves nothing.
        return {
          key: pane.key,
          get size() {
            return size();
          },
        };
      }),
    );
    this.memory = next.memory;
    if (!equal(next.layout, this.layout)) this.layout = next.layout;
    if (this.current !== null && !Object.hasOwn(next.layout, this.current)) this.current = null;
  }

  /** Shows a saved view, or with null the person's own arrangement again. */
  open(view: OpenView | null): void {
    if (this.view === null) this.own = this.kept();
    this.show(view, view?.layout ?? this.own);
    this.filter = view?.filter ?? '';
    this.isSectioned = view ? view.isSectioned === true : lastSectioned();
  }

  /** Shows sections, or the free grid again, and next time on this device, too. */
  section(isSectioned: boolean): void {
    this.isSectioned = isSectioned;
    keepSectioned(isSectioned);
  }

  /** Says that what is shown is saved as this view now. */
  saved(view: OpenView): void {
    if (this.view === null) this.own = this.kept();
    this.view = view;
  }

  /** All places that are known: of the windows that are here, and of the last ones that were. */
  kept(): Layout {
    const gone = Object.entries(this.memory).filter(([key]) => !Object.hasOwn(this.layout, key));
    return { ...Object.fromEntries(gone.slice(-REMEMBERED)), ...this.layout };
  }

  /** Takes an arrangement that the person made, and keeps it as their own. A saved view stays as it is. */
  arrange(layout: Layout): void {
    if (equal(layout, this.layout)) return;
    const { view, own } = this;
    this.layout = layout;
    this.view = null;
    this.own = this.kept();
    this.keeper.save(this.own);
    if (!view) return;
    this.onleaveview(view, () => {
      this.own = own;
      this.keeper.save(own);
      this.show(view, view.layout);
    });
  }

  move(key: string, direction: Direction): void {
    this.byKey(key, (layout) => step(layout, key, direction));
  }

  resize(key: string, direction: Direction): void {
    this.byKey(key, (layout) => grow(layout, key, direction));
  }

  /** Gives a pane the size it began with. */
  resetSize(key: string): void {
    const pane = this.windows.find((one) => one.key === key);
    if (!pane) return;
    const { w, h } = this.sizeOf(pane);
    this.byKey(key, (layout) => resizeTo(layout, key, w, h));
  }

  /** Closes the gaps and keeps the order in which panes are read; says whether there were any. */
  repack(): boolean {
    const before = this.layout;
    this.arrange(pack(before, readingOrder(before)));
    return this.layout !== before;
  }

  neighbour(key: string, direction: Direction): string | null {
    return neighbour(this.places, key, direction);
  }

  hide(id: number): void {
    this.closing = [...this.closing, id];
  }

  unhide(id: number): void {
    this.closing = this.closing.filter((one) => one !== id);
  }

  leave(): void {
    this.keeper.flush();
  }

  private show(view: OpenView | null, layout: Layout): void {
    this.view = view;
    this.memory = layout;
    this.layout = {};
    this.follow();
  }

  private sizeOf(pane: WindowState): Size {
    return firstSize(pane.opts, ROW, (this.width || 1200) / COLUMNS, HEAD);
  }

  private byKey(key: string, change: (layout: Layout) => Layout): void {
    if (!this.canArrange) {
      this.announcement = this.search.isUsed
        ? 'Clear the filter to arrange panes.'
        : 'Panes can be arranged on a wider window.';
      return;
    }
    this.arrange(change(this.layout));
    const place = this.layout[key];
    if (place) {
      this.announcement = `Row ${place.y + 1}, column ${place.x + 1}, ${place.w} wide, ${place.h} high.`;
    }
  }
}
