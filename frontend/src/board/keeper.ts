/**
 * Keeps a person's arrangement of an env or of a comparison: on the server for those signed in, on this device for everybody else and
 * whenever the server cannot take it. What the person changed on figures for their own eyes goes with it. Saving waits until the hand rests.
 */

import { type Api, ApiError } from '../lib/api';
import { keepLooks, type Looks, looksOf, restoreLooks } from '../plots/own';
import { type Layout, parse } from './layout';

const REST_MS = 600;

export interface Keeper {
  load(): Promise<Layout>;
  save(layout: Layout): void;
  /** Sends what still waits, because the page is about to go. */
  flush(): void;
}

interface Page {
  /** What the page watches, as it was asked for. */
  name: string;
  /** Where REST keeps the arrangement, asked for at each use: an env may be renamed. Null: only this device keeps it. */
  path: (() => string) | null;
}

/** What the server keeps. */
interface Kept {
  layout?: unknown;
  looks?: unknown;
}

/** `known` is what the server has, where the page knows it; where no server keeps anything, what the page begins with. */
export function makeKeeper(api: Api, page: Page, known?: Kept): Keeper {
  const place = page.path ? '' : location.pathname.split('/').slice(0, 3).join('/');
  const slot = `panewall.layout:${place}:${page.name}`;
  let waiting: { layout?: Layout; looks?: Looks } = {};
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function send(): Promise<void> {
    clearTimeout(timer);
    const said = waiting;
    waiting = {};
    if (said.layout) keepLocal(slot, said.layout);
    if (!page.path || Object.keys(said).length === 0) return;
    try {
      await api.send('PUT', page.path(), said, { keepalive: JSON.stringify(said).length < 60_000 });
      if (said.layout) forgetLocal(slot);
    } catch {
      // Kept on this device; the next change sends the whole again.
    }
  }

  function later(said: typeof waiting): void {
    waiting = { ...waiting, ...said };
    clearTimeout(timer);
    timer = setTimeout(() => void send(), REST_MS);
  }

  function take(answer: Kept): Layout {
    restoreLooks(page.name, answer.looks);
    keepLooks(page.name, () => later({ looks: looksOf(page.name) }));
    return parse(answer.layout);
  }

  return {
    async load() {
      // A local copy is there only if the server did not get the last change.
      const local = readLocal(slot);
      if (!page.path) return local ?? parse(known?.layout);
      try {
        const layout = take(known?.layout ? known : await api.get<Kept>(page.path()));
        return local ?? layout;
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        return local ?? {};
      }
    },
    save: (layout) => later({ layout }),
    flush: () => void send(),
  };
}

function readLocal(slot: string): Layout | null {
  try {
    const kept = localStorage.getItem(slot);
    return kept ? parse(JSON.parse(kept)) : null;
  } catch {
    return null;
  }
}

function keepLocal(slot: string, layout: Layout): void {
  try {
    localStorage.setItem(slot, JSON.stringify(layout));
  } catch {
    // No storage here: the arrangement lasts as long as the page.
  }
}

function forgetLocal(slot: string): void {
  try {
    localStorage.removeItem(slot);
  } catch {
    // Nothing was kept then.
  }
}
