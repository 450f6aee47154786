/** The page's connection to its server: one socket, the envs that are watched over it, and the state that the page shows. */

import { WatchedEnv, type Host } from './env.svelte';
import type { ServerFrame } from './frames';
import { LiveSocket, type SocketLike } from './socket';
import { bucketsFor } from './thinning';
import type { Boot, Connection, ConnectionState, LiveEnv } from './types';

export interface ConnectOptions {
  /** Opens a socket; tests bring their own. */
  open?: (url: string) => SocketLike;
}

/** Overviews are made for half the screen, which is as wide as panes usually are; wider plots ask for a finer line. */
export function overviewWidth(alone: boolean): number {
  const screen = (globalThis.innerWidth ?? 1440) * (globalThis.devicePixelRatio ?? 1);
  return alone ? bucketsFor(Math.min(4096, screen)) : bucketsFor(Math.max(512, Math.min(1024, screen / 2)));
}

/** The address of the live socket, absolute: the boot data may give a path, an http: or a ws: address. */
export function socketUrl(liveUrl: string, page: string = globalThis.location.href): string {
  const url = new URL(liveUrl, page);
  if (url.protocol === 'http:') url.protocol = 'ws:';
  if (url.protocol === 'https:') url.protocol = 'wss:';
  return url.href;
}

/** After so many failed attempts in a row, and each time again, the server is asked whether this page may still watch. */
const ASK_EVERY = 3;
const REFUSED = new Set([401, 403, 404, 410]);

const LINK_ENDED = { code: 'link_ended', detail: 'This link was revoked or has run out.' };
const SIGNED_OUT = {
  code: 'unauthorized',
  detail: 'Your sign-in has ended. Sign in again to go on; nothing was lost.',
};

export function connect(boot: Boot, options: ConnectOptions = {}): Connection {
  return new PageConnection(boot, options);
}

class PageConnection implements Connection, Host {
  readonly socket: LiveSocket;
  readonly #boot: Boot;
  readonly #widthPx: number;
  #wholePoints: number | undefined;
  #failures = 0;
  readonly #envs = new Map<string, WatchedEnv>();
  #state = $state.raw<ConnectionState>('connecting');
  #lastSeen = $state.raw<Date | null>(null);
  #nextAttempt = $state.raw<Date | null>(null);

  constructor(boot: Boot, options: ConnectOptions) {
    this.#boot = boot;
    this.#widthPx = overviewWidth(boot.window !== null);
    const url = socketUrl(boot.live_url);
    // The env of the page is asked for by the address: the server reads it while the page is still busy with itself.
    const asked = boot.compare ? undefined : { env: boot.env, width: String(this.#widthPx) };
    this.socket = new LiveSocket({
      url,
      first: asked && `${url}?${new URLSearchParams(asked)}`,
      ...options,
      onopen: (wasSaid) => {
        for (const env of this.#envs.values())
          if (!wasSaid || env.name !== asked?.env) env.session.subscribe();
      },
      onframe: (frame) => this.#take(frame),
      onclose: (nextAttempt) => this.#lost(nextAttempt),
      onrefused: () => this.#refused(),
    });
  }

  /**
   * Below a share link files lie beside the socket; else each env has a folder of its own. A comparison, whose number is negative, names
   * the folders itself.
   */
  filesUrl(env: number | null): string {
    const { shared, live_url, base_url } = this.#boot;
    if (shared) return live_url.replace(/ws\/live$/, '');
    return env !== null && env < 0 ? `${base_url}/` : `${base_url}/f/${env ?? 0}/`;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  get lastSeen(): Date | null {
    return this.#lastSeen;
  }

  get nextAttempt(): Date | null {
    return this.#nextAttempt;
  }

  watch(name: string): LiveEnv {
    return this.#envs.get(name) ?? this.#add(new WatchedEnv(name, this.#widthPx, this));
  }

  watchWith<T extends WatchedEnv>(make: (host: Host) => T): T {
    return this.#add(make(this));
  }

  #add<T extends WatchedEnv>(env: T): T {
    env.session.store.wholePoints = this.#wholePoints;
    this.#envs.set(env.name, env);
    if (this.socket.isOpen) env.session.subscribe();
    return env;
  }

  retry(): void {
    this.socket.retry();
  }

  close(): void {
    this.socket.close();
  }

  forget(env: WatchedEnv): void {
    this.#envs.delete(env.name);
  }

  #take(frame: ServerFrame): void {
    this.#lastSeen = new Date();
    switch (frame.t) {
      case 'hello':
        this.#failures = 0;
        this.#state = frame.readonly ? 'readonly' : 'online';
        this.#nextAttempt = null;
        this.#wholePoints = frame.limits['whole_points'];
        for (const env of this.#envs.values()) env.session.store.wholePoints = this.#wholePoints;
        break;
      case 'snap':
        this.#named(frame.env, frame.name)?.take(frame);
        break;
      case 'job':
        this.#named(frame.env, frame.name)?.heard(frame);
        break;
      case 'delta':
        this.#numbered(frame.env)?.session.delta(frame);
        break;
      case 'data':
        this.#numbered(frame.env)?.session.data(frame);
        break;
      case 'asset':
        this.#numbered(frame.env)?.session.assets.take(frame);
        break;
      case 'lag':
        this.#numbered(frame.env)?.session.subscribe();
        break;
      case 'gone':
        this.#named(frame.env, frame.name)?.session.gone(frame.error);
        break;
    }
  }

  #lost(nextAttempt: number | null): void {
    for (const env of this.#envs.values()) env.session.disconnected();
    this.#state = 'offline';
    this.#nextAttempt = nextAttempt === null ? null : new Date(nextAttempt);
    if (nextAttempt !== null && ++this.#failures % ASK_EVERY === 0) void this.#askWhy();
  }

  /** A browser does not say why a socket was refused; a plain request does. */
  async #askWhy(): Promise<void> {
    const { shared, live_url, api_url } = this.#boot;
    try {
      const answer = await fetch(shared ? live_url.replace(/ws\/live$/, '') : `${api_url}/me`);
      if (REFUSED.has(answer.status)) this.#refused();
    } catch {
      // The server is away, as the page says already.
    }
  }

  #refused(): void {
    this.socket.close();
    for (const env of this.#envs.values()) env.session.gone(this.#boot.shared ? LINK_ENDED : SIGNED_OUT);
  }

  #numbered(id: number | null): WatchedEnv | undefined {
    if (id === null) return undefined;
    return [...this.#envs.values()].find((env) => env.session.id === id);
  }

  /** An env by its number or, before its first snapshot, by the name it was asked for. */
  #named(id: number | null, name: string): WatchedEnv | undefined {
    const unknown = [...this.#envs.values()].filter((env) => env.session.id === null);
    return (
      this.#numbered(id) ??
      this.#envs.get(name) ??
      [...this.#envs.values()].find((env) => env.session.address === name) ??
      (unknown.length === 1 ? unknown[0] : undefined)
    );
  }
}
