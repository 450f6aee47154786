/** The ways round a wall, the same for one env and for several: a pane alone and back, from pane to pane, the filter, the keys. */

import { tick } from 'svelte';
import type { Wall } from '../board/wall.svelte';
import { isTyping } from '../lib/keys';
import { toasts } from './toasts.svelte';

/** What lies over the page. A page has dialogs of its own besides these. */
export type Over<Dialog extends string> = 'none' | 'keys' | 'palette' | Dialog;

type Page = {
  wall: () => Wall;
  /** The address of this page with that pane alone, or with the whole wall. */
  address: (alone: string | null) => string;
  alone: string | null;
};

export class Ways<Dialog extends string = never> {
  /** Key of the pane shown alone. */
  alone = $state<string | null>(null);
  dialog = $state<Over<Dialog>>('none');
  /** What shows the panes. */
  board = $state<{ focus(key: string | null): Promise<void> }>();
  #awaited: string | null = null;

  constructor(private readonly page: Page) {
    this.alone = page.alone;
  }

  get canRepack(): boolean {
    const wall = this.page.wall();
    return this.alone === null && wall.canArrange && wall.windows.length > 1;
  }

  address(alone: string | null): string {
    return this.page.address(alone);
  }

  open(dialog: Over<Dialog>): void {
    this.dialog = dialog;
  }

  close(): void {
    this.dialog = 'none';
  }

  openAlone(key: string): void {
    history.pushState(null, '', this.address(key));
    this.alone = key;
    void tick().then(() => document.querySelector<HTMLElement>('main > .pane')?.focus());
  }

  back(): void {
    if (this.alone === null) return;
    const key = this.alone;
    history.pushState(null, '', this.address(null));
    this.alone = null;
    void this.#focus(key);
  }

  /** What shows the panes may be fetched first, and comes then. */
  async #focus(key: string): Promise<void> {
    await tick();
    if (this.board) await this.board.focus(key);
    else this.#awaited = key;
  }

  /** What shows the panes is there. */
  boardCame(): void {
    const key = this.#awaited;
    this.#awaited = null;
    if (key !== null) void this.board?.focus(key);
  }

  async goPane(key: string): Promise<void> {
    const wall = this.page.wall();
    if (this.alone !== null) {
      this.openAlone(key);
      return;
    }
    if (!wall.matching.some((pane) => pane.key === key)) wall.filter = '';
    await this.#focus(key);
  }

  focusFilter(): void {
    void tick().then(() => document.querySelector<HTMLInputElement>('#filter')?.select());
  }

  leaveFilter(): void {
    const { current } = this.page.wall();
    if (current !== null) void this.board?.focus(current);
    else (document.activeElement as HTMLElement | null)?.blur();
  }

  repack(): void {
    const wall = this.page.wall();
    const { layout: before, view } = wall;
    if (!wall.repack()) toasts.add('There is no gap to close');
    else if (!view) {
      toasts.add('The gaps are closed', { action: { label: 'Undo', run: () => wall.arrange(before) } });
    }
  }

  /** The keys that work everywhere. */
  keys(event: KeyboardEvent): void {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === 'k') {
      event.preventDefault();
      this.dialog = this.dialog === 'palette' ? 'none' : 'palette';
      return;
    }
    if (event.defaultPrevented || this.dialog !== 'none' || isTyping(event)) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const wall = this.page.wall();
    if (event.key === '?') {
      event.preventDefault();
      this.dialog = 'keys';
    } else if (event.key === '/') {
      event.preventDefault();
      this.focusFilter();
    } else if (event.key === 'Escape' && !document.querySelector(':popover-open')) {
      // An open menu is what it closes, and nothing else.
      if (this.alone !== null) this.back();
      else if (wall.filter) wall.filter = '';
    }
  }
}
