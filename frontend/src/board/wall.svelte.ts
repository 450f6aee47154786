/** The state of one wall: which panes are shown, and where. The arithmetic is in layout.ts, the keeping in keeper.ts. */

import { score } from '../lib/match';
import type { LiveEnv, WindowState } from '../live/types';
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
  step,
} from './layout';

/** Height of a row of cells, gaps included, in CSS pixels. */
export const ROW = 40;
/** Half the gap between two panes. */
export const MARGIN = 4;
const HEAD = 28 + 2 * MARGIN;
const REMEMBERED = 500;

export function titleOf(pane: WindowState): string {
  return pane.title || pane.key;
}

export class Wall {
  /** The person's arrangement at full width. */
  layout = $state.raw<Layout>({});
  /** Whether the kept arrangement has come: nothing is placed before. */
  isLoaded = $state(false);
  /** Words to find in titles; empty shows all. */
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
  readonly matching = $derived.by(() =>
    this.filter.trim()
      ? this.windows.filter((pane) => score(`${titleOf(pane)} ${pane.key}`, this.filter) !== null)
      : this.windows,
  );
  readonly columns = $derived(this.width === 0 || this.width >= 880 ? COLUMNS : this.width >= 600 ? 6 : 1);
  /** Moves are kept only where the whole arrangement is on screen. */
  readonly canArrange = $derived(this.columns === COLUMNS && !this.filter.trim());
  readonly places = $derived.by<Layout>(() => {
    if (this.preview) return this.preview;
    let shown = this.layout;
    if (this.filter.trim()) {
      const found = Object.fromEntries(this.matching.map((pane) => [pane.key, true]));
      shown = pack(
        shown,
        readingOrder(shown).filter((key) => Object.hasOwn(found, key)),
      );
    }
    return reflow(shown, this.columns);
  });

  private memory: Layout = {};

  constructor(
    readonly live: LiveEnv,
    private readonly keeper: Keeper,
  ) {
    void keeper.load().then((kept) => {
      this.memory = kept;
      this.isLoaded = true;
    });
  }

  /** Gives new windows a place; called whenever the windows of the env change. */
  follow(): void {
    if (!this.isLoaded || this.live.phase !== 'ready') return;
    // Gone for the server, too: if somebody opens it again, it is shown again.
    const still = this.closing.filter((id) => this.live.windows.some((pane) => pane.id === id));
    if (still.length < this.closing.length) this.closing = still;
    const column = (this.width || 1200) / COLUMNS;
    const wanted = this.windows.map((pane) => ({
      key: pane.key,
      size: firstSize(pane.opts, ROW, column, HEAD),
    }));
    const next = follow(this.layout, this.memory, wanted);
    this.memory = next.memory;
    if (!equal(next.layout, this.layout)) this.layout = next.layout;
    if (this.current !== null && !Object.hasOwn(next.layout, this.current)) this.current = null;
  }

  /** Takes an arrangement that the person made, and keeps it. */
  arrange(layout: Layout): void {
    if (equal(layout, this.layout)) return;
    this.layout = layout;
    const gone = Object.entries(this.memory).filter(([key]) => !Object.hasOwn(layout, key));
    this.keeper.save({ ...Object.fromEntries(gone.slice(-REMEMBERED)), ...layout });
  }

  move(key: string, direction: Direction): void {
    this.byKey(key, (layout) => step(layout, key, direction));
  }

  resize(key: string, direction: Direction): void {
    this.byKey(key, (layout) => grow(layout, key, direction));
  }

  /** Closes the gaps; returns the arrangement before. */
  tidy(): Layout {
    const before = this.layout;
    this.arrange(pack(before, readingOrder(before)));
    return before;
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

  private byKey(key: string, change: (layout: Layout) => Layout): void {
    if (!this.canArrange) {
      this.announcement = this.filter.trim()
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
