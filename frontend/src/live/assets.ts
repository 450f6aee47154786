/** How far the server is with making sounds and videos playable everywhere; asked for while something on screen wants to know. */

/** What is known of one file. */
export interface AssetState {
  state: 'queued' | 'running' | 'ready' | 'failed';
  /** 0 to 1. */
  progress: number;
  /** Why it failed, in words. */
  detail?: string;
  /** Names that stand behind the file's address: `mp4`, `m4a`, `poster`, `waveform`, … */
  renditions: readonly string[];
  duration?: number | null;
  width?: number | null;
  height?: number | null;
  /** The work that failed or was cancelled, for the person who may have it done again. */
  job?: number;
}

export interface AssetFrame extends AssetState {
  t: 'asset';
  env: number;
  asset: string;
}

/** What failed may be done again, from anywhere: so it is asked for now and then. */
const FAILED_AGAIN_MS = 5_000;

export class AssetStates {
  readonly #known = new Map<string, AssetState>();
  readonly #watchers = new Map<string, Set<() => void>>();
  readonly #asked = new Set<string>();
  readonly #ask: (assets: string[]) => boolean;
  /** Failed a moment ago. */
  readonly #resting = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isComing = false;

  /** `ask` sends the question; false says that it cannot be asked now. */
  constructor(ask: (assets: string[]) => boolean) {
    this.#ask = ask;
  }

  get(asset: string): AssetState | null {
    return this.#known.get(asset) ?? null;
  }

  /** Calls back whenever there is news, until the function returned is called. */
  watch(asset: string, callback: () => void): () => void {
    const callbacks = this.#watchers.get(asset) ?? new Set();
    this.#watchers.set(asset, callbacks.add(callback));
    this.look();
    return () => {
      callbacks.delete(callback);
      if (callbacks.size === 0 && this.#watchers.get(asset) === callbacks) this.#watchers.delete(asset);
    };
  }

  take(frame: AssetFrame): void {
    const { asset, state, progress, detail, renditions, duration, width, height, job } = frame;
    this.#known.set(asset, {
      state,
      progress,
      renditions: renditions ?? [],
      ...(detail === undefined ? {} : { detail }),
      ...(duration === undefined ? {} : { duration }),
      ...(width === undefined ? {} : { width }),
      ...(height === undefined ? {} : { height }),
      ...(job === undefined ? {} : { job }),
    });
    if (state === 'ready' || state === 'failed') this.#asked.delete(asset);
    if (state === 'failed') this.#rest(asset);
    for (const callback of [...(this.#watchers.get(asset) ?? [])]) callback();
  }

  /** Asks for one that failed, which somebody has just asked to be done again. */
  again(asset: string): void {
    this.#resting.delete(asset);
    this.look();
  }

  #rest(asset: string): void {
    this.#resting.add(asset);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#resting.clear();
      this.look();
    }, FAILED_AGAIN_MS);
  }

  /** Asks, once for all that want to know at this moment. */
  look(): void {
    if (this.#isComing) return;
    this.#isComing = true;
    queueMicrotask(() => {
      this.#isComing = false;
      const lacking = [...this.#watchers.keys()].filter(
        (asset) =>
          !this.#asked.has(asset) && !this.#resting.has(asset) && this.#known.get(asset)?.state !== 'ready',
      );
      if (lacking.length > 0 && this.#ask(lacking)) for (const asset of lacking) this.#asked.add(asset);
    });
  }

  disconnected(): void {
    this.#asked.clear();
    this.#resting.clear();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
