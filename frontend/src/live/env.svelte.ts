/** One env as Svelte components see it: the plain store of `session.ts`, with runes for what templates read. */

import type { LiveSocket } from './socket';
import type { JobNews, PageFrame, Snap } from './frames';
import { EnvSession } from './session';
import type { AssetStates } from './assets';
import type { SampleLog } from './samples';
import type { Changes, WindowRecord } from './store';
import type {
  ConnectionState,
  EnvMeta,
  EnvPhase,
  LineRequest,
  LiveEnv,
  Role,
  Sample,
  ServerError,
  TraceState,
  WindowContent,
  WindowState,
} from './types';

/** One window: the same object for its whole life, its fields as the last op said. */
class Pane implements WindowState {
  readonly id: number;
  key = $state.raw('');
  kind = $state.raw('');
  title = $state.raw('');
  place = $state.raw(0);
  rev = $state.raw(0);
  opts = $state.raw<Record<string, unknown>>({});
  layout = $state.raw<Record<string, unknown>>({});
  content = $state.raw<WindowContent>(null);
  traces = $state.raw<readonly TraceState[]>([]);

  constructor(id: number) {
    this.id = id;
  }

  show(record: WindowRecord, filesUrl: string): void {
    const { key, kind, title, place, rev, opts, layout, traces } = record;
    const content = withAddresses(record.content, filesUrl);
    Object.assign(this, { key, kind, title, place, rev, opts, layout, content, traces: [...traces] });
  }
}

/** Addresses on the wire are relative to where the page's files lie. */
function absolute(url: string, filesUrl: string): string {
  return /^(?:[a-z]+:|\/)/i.test(url) ? url : filesUrl + url;
}

function withAddresses(content: WindowContent, filesUrl: string): WindowContent {
  if (!content) return null;
  if ('url' in content) return { ...content, url: absolute(content.url, filesUrl) };
  if (!('samples' in content)) return content;
  return { samples: content.samples.map((sample) => ({ ...sample, url: absolute(sample.url, filesUrl) })) };
}

/** What an env needs of the connection it is watched over. */
export interface Host {
  readonly state: ConnectionState;
  readonly lastSeen: Date | null;
  readonly socket: LiveSocket;
  /** What relative addresses of the wire are relative to. */
  filesUrl(env: number | null): string;
  forget(env: WatchedEnv): void;
}

export class WatchedEnv implements LiveEnv {
  readonly name: string;
  readonly session: EnvSession;
  readonly #host: Host;
  readonly #panes = new Map<number, Pane>();
  readonly #callbacks = new Set<() => void>();
  #phase = $state.raw<EnvPhase>('loading');
  #gone = $state.raw<ServerError | null>(null);
  #env = $state.raw<EnvMeta | null>(null);
  #role = $state.raw<Role | null>(null);
  #windows = $state.raw<readonly WindowState[]>([]);

  constructor(name: string, widthPx: number, host: Host) {
    this.name = name;
    this.#host = host;
    this.session = new EnvSession({
      name,
      widthPx,
      send: (frame: PageFrame) => this.say(frame),
      onchanges: (changes) => this.#show(changes),
      ongone: (error) => {
        this.#gone = error;
        this.#phase = 'gone';
      },
    });
  }

  get connection(): ConnectionState {
    return this.#host.state;
  }

  get lastSeen(): Date | null {
    return this.#host.lastSeen;
  }

  get phase(): EnvPhase {
    return this.#phase;
  }

  get gone(): ServerError | null {
    return this.#gone;
  }

  get env(): EnvMeta | null {
    return this.#env;
  }

  get role(): Role | null {
    return this.#role;
  }

  get windows(): readonly WindowState[] {
    return this.#windows;
  }

  window(idOrKey: number | string): WindowState | undefined {
    return this.#windows.find((pane) =>
      typeof idOrKey === 'number' ? pane.id === idOrKey : pane.key === idOrKey,
    );
  }

  want(request: LineRequest): void {
    this.session.want(request);
  }

  refresh(pane: WindowState): void {
    this.session.refresh(pane.id);
  }

  samples(pane: WindowState): SampleLog {
    const log = this.session.samples.of(pane.id, () => samplesOf(pane.content));
    log.base ||= this.#host.filesUrl(this.session.id);
    return log;
  }

  holdSamples(logs: readonly SampleLog[]): () => void {
    return this.session.samples.hold(logs);
  }

  get assets(): AssetStates {
    return this.session.assets;
  }

  onChange(callback: () => void): () => void {
    this.#callbacks.add(callback);
    return () => this.#callbacks.delete(callback);
  }

  /** A snapshot came. */
  take(frame: Snap): void {
    this.session.snap(frame);
  }

  /** News of the work that the page waits for. */
  heard(_news: JobNews): void {
    // An env alone is read at once.
  }

  protected say(frame: PageFrame): boolean {
    return this.#host.socket.send(frame);
  }

  close(): void {
    this.session.unsubscribe();
    this.#host.forget(this);
  }

  #show(changes: Changes): void {
    const { store } = this.session;
    if (changes.env) {
      this.#env = store.env;
      this.#role = store.role;
    }
    for (const id of changes.windows) {
      const record = store.windows.get(id);
      const pane = this.#panes.get(id);
      if (!record) this.#panes.delete(id);
      else {
        const shown = pane ?? new Pane(id);
        shown.show(record, this.#host.filesUrl(this.session.id));
        this.#panes.set(id, shown);
      }
    }
    this.#showSamples(changes);
    if (changes.list) {
      this.#windows = [...this.#panes.values()].sort((a, b) => a.place - b.place || a.id - b.id);
    }
    if (store.isReady) {
      this.#phase = 'ready';
      this.#gone = null;
    }
    for (const callback of this.#callbacks) callback();
  }

  /** Logs of samples hear what windows were told; those that are not wanted by anybody need not. */
  #showSamples(changes: Changes): void {
    const { samples } = this.session;
    const filesUrl = this.#host.filesUrl(this.session.id);
    for (const id of changes.looks) samples.find(id)?.seed(samplesOf(this.#panes.get(id)?.content ?? null));
    for (const [id, sample, replace] of changes.samples) {
      if (changes.looks.has(id)) continue;
      samples.find(id)?.add({ ...sample, url: absolute(sample.url, filesUrl) }, replace);
    }
    for (const id of changes.windows) if (!this.#panes.has(id)) samples.forget(id);
  }
}

function samplesOf(content: WindowContent): readonly Sample[] {
  return content && 'samples' in content ? content.samples : [];
}
