/**
 * Keeps a person's arrangement of an env: on the server for those signed in, on this device for everybody else and whenever the
 * server cannot take it. Saving waits until the hand rests.
 */

import { type Api, ApiError, envPath } from '../lib/api';
import { type Layout, parse } from './layout';

const REST_MS = 600;

export interface Keeper {
  load(): Promise<Layout>;
  save(layout: Layout): void;
  /** Sends what still waits, because the page is about to go. */
  flush(): void;
}

/** `env` is asked for at each use: an env may be renamed while it is watched. `known` is what the server has, where the page knows it. */
export function makeKeeper(api: Api, env: () => string, onServer: boolean, known?: unknown): Keeper {
  const slot = `panewall.layout:${onServer ? '' : location.pathname.split('/').slice(0, 3).join('/')}:${env()}`;
  let waiting: Layout | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function send(): Promise<void> {
    clearTimeout(timer);
    const layout = waiting;
    waiting = null;
    if (!layout) return;
    keepLocal(slot, layout);
    if (!onServer) return;
    try {
      await api.send(
        'PUT',
        `${envPath(env())}/layout`,
        { layout },
        { keepalive: JSON.stringify(layout).length < 60_000 },
      );
      forgetLocal(slot);
    } catch {
      // Kept on this device; the next change sends the whole again.
    }
  }

  return {
    async load() {
      const local = readLocal(slot);
      if (!onServer) return local ?? {};
      if (known) return local ?? parse(known);
      try {
        const answer = await api.get<{ layout: unknown }>(`${envPath(env())}/layout`);
        // A local copy is there only if the server did not get the last change.
        return local ?? parse(answer.layout);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        return local ?? {};
      }
    },
    save(layout) {
      waiting = layout;
      clearTimeout(timer);
      timer = setTimeout(() => void send(), REST_MS);
    },
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
