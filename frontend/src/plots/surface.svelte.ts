/**
 * What all plots share: when to draw. A surface follows its pane, the points, its size, the theme and the connection; it draws at most
 * once a frame, and only while it is on screen in a visible tab. What to draw with is the painter's business.
 */

import { untrack } from 'svelte';

import { welcome } from '../lib/newcomers';
import { envColourIndex } from '../lib/envColour';
import type { LiveEnv, PlotOptions, PlotStatus, TraceData, TraceState, WindowState } from '../live/types';
import { hasDrawn } from './first-frame';
import type { FigureHandle } from './handle';
import { load, type Library } from './libraries';
import { ownOf, type Own } from './own';
import { PlotError, type Painter, type Range, type Scene } from './painter';
import { onTheme, readTheme, type Theme } from './theme';
import type { Attributes } from './maps';

/** An env may be renamed while it is watched. */
function nameOf(live: LiveEnv): string {
  return live.env ? `${live.env.workspace}/${live.env.name}` : live.name;
}

/** Panes this near to the screen are drawn, so that scrolling meets finished plots. */
const NEAR_PX = 120;

/** Milliseconds that plots may take of a frame, the first one apart: a page that draws many stays at hand meanwhile. */
const SHARE_MS = 30;
let left = SHARE_MS;
let isRunning = false;

function spend(ms: number): void {
  left -= ms;
  if (isRunning) return;
  isRunning = true;
  requestAnimationFrame(() => {
    left = SHARE_MS;
    isRunning = false;
  });
}

export class Surface implements FigureHandle {
  readonly formats: readonly ('png' | 'svg')[];
  readonly #element: HTMLElement;
  readonly #pane: WindowState;
  readonly #options: PlotOptions;
  readonly #own: Own;
  readonly #stops: (() => void)[] = [];
  readonly #owners = new Map<string, object>();
  #painter: Painter | null = null;
  #theme: Theme;
  #range: Range | null;
  #details: ReadonlyMap<number, TraceData>[] = [];
  #detailsOf = new Map<string, ReadonlyMap<number, TraceData>>();
  #onScreen = false;
  #dirty = true;
  #drawing = false;
  #frame = 0;
  #destroyed = false;
  #error: string | null = null;
  #drawn: number | null = null;
  #status: PlotStatus | null = null;

  constructor(
    element: HTMLElement,
    pane: WindowState,
    options: PlotOptions,
    formats: readonly ('png' | 'svg')[],
    library: Library,
  ) {
    this.#element = element;
    this.#pane = pane;
    this.#options = options;
    this.#own = ownOf(options.live.name, pane.key);
    this.#range = options.range ?? null;
    this.#theme = readTheme();
    this.formats = formats;
    untrack(() => this.#follow());
    this.#tell();
    load(library, options.live.name).then(
      (make) => {
        if (this.#destroyed) return;
        this.#painter = make({
          element,
          live: options.live,
          pane,
          groups: () => options.groups?.() ?? [],
          zoomed: (axis, range) => this.#zoomed(axis, range),
          redraw: () => this.#touch(),
        });
        this.#touch();
      },
      () => this.#fail('The drawing library could not be loaded. Reload the page to try again.'),
    );
  }

  resize(): void {
    this.#touch();
  }

  reset(): void {
    this.#range = null;
    this.#painter?.reset();
    this.#touch();
    this.#options.onzoom?.(null);
  }

  setRange(range: Range | null): void {
    this.#range = range;
    if (range === null) this.#painter?.reset();
    this.#touch();
  }

  setSmoothing(n: number): void {
    this.#own.smoothing = n;
    this.#touch();
  }

  redraw(): void {
    this.#touch();
  }

  filled(): { traces: Attributes[]; layout: Attributes } | null {
    return this.#painter?.filled?.() ?? null;
  }

  accepts(trace: number | null, path: string, value: unknown): boolean {
    return this.#painter?.accepts?.(trace, path, value) ?? true;
  }

  async toImage(format: 'png' | 'svg'): Promise<Blob> {
    if (!this.#painter || this.#drawn === null) throw new PlotError('There is nothing to save yet.');
    return this.#painter.toImage(format);
  }

  destroy(): void {
    this.#destroyed = true;
    cancelAnimationFrame(this.#frame);
    for (const stop of this.#stops) stop();
    for (const owner of this.#owners.values()) {
      this.#options.live.want({ owner, traces: [], range: null, widthPx: 1 });
    }
    this.#painter?.destroy();
  }

  #appear(): void {
    this.#onScreen = true;
    this.#schedule();
    this.#want();
  }

  #follow(): void {
    const touch = (): void => this.#touch();
    const resized = new ResizeObserver(touch);
    resized.observe(this.#element);
    const seen = new IntersectionObserver(
      (entries) => {
        this.#onScreen = entries.at(-1)!.isIntersecting;
        if (this.#onScreen) this.#schedule();
        this.#want();
      },
      { rootMargin: `${NEAR_PX}px` },
    );
    seen.observe(this.#element);
    this.#stops.push(welcome(this.#element, { above: NEAR_PX, beside: NEAR_PX }, () => this.#appear()));
    const visible = (): void => this.#schedule();
    document.addEventListener('visibilitychange', visible);
    this.#stops.push(
      () => resized.disconnect(),
      () => seen.disconnect(),
      () => document.removeEventListener('visibilitychange', visible),
      onTheme(() => {
        this.#theme = readTheme();
        this.#touch();
      }),
      $effect.root(() => {
        const colour = $derived(envColourIndex(nameOf(this.#options.live)));
        $effect(() => {
          const stops = this.#pane.traces.map((trace) => trace.onData(touch));
          return () => stops.forEach((stop) => stop());
        });
        $effect(() => {
          const { title, opts, layout, traces } = this.#pane;
          void [title, opts, layout, traces];
          untrack(touch);
        });
        $effect(() => {
          void [this.#options.groups?.(), colour];
          untrack(touch);
        });
        $effect(() => {
          void [this.#options.live.connection, this.#options.live.lastSeen];
          untrack(() => this.#tell());
        });
      }),
    );
  }

  /** Something that is drawn changed. */
  #touch(): void {
    this.#dirty = true;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#frame || this.#drawing || !this.#dirty || this.#destroyed) return;
    if (!this.#painter || !this.#onScreen || document.hidden) return;
    if (this.#drawn === null && this.#error === null && left > 0) {
      // Nothing is shown yet, so that no frame need be waited for.
      queueMicrotask(() => {
        if (left <= 0) this.#schedule();
        else if (this.#dirty && !this.#drawing && !this.#destroyed) void this.#draw();
      });
      return;
    }
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      if (left <= 0) this.#schedule();
      else void this.#draw();
    });
  }

  async #draw(): Promise<void> {
    const width = this.#element.clientWidth;
    const height = this.#element.clientHeight;
    if (width < 2 || height < 2) return;
    this.#dirty = false;
    const { scene, missing } = this.#scene(width, height);
    this.#want(scene);
    // Lines on their way replace the ones on screen when they are here; a pane that shows nothing yet waits for all.
    if (missing) {
      this.#tell();
      return;
    }
    this.#drawing = true;
    const begun = performance.now();
    try {
      const drawn = this.#painter!.draw(scene);
      spend(performance.now() - begun);
      this.#drawn = typeof drawn === 'number' ? drawn : await drawn;
      this.#error = null;
    } catch (error) {
      this.#fail(
        error instanceof PlotError
          ? error.message
          : `This figure could not be drawn: ${error instanceof Error ? error.message : String(error)}.`,
      );
    } finally {
      this.#drawing = false;
    }
    if (this.#destroyed) return;
    this.#showCount(this.#drawn ?? 0);
    this.#tell();
    this.#schedule();
  }

  #scene(width: number, height: number): { scene: Scene; missing: boolean } {
    const { title, opts, layout } = this.#pane;
    let missing = false;
    const traces = this.#pane.traces.map((trace) => {
      const data = this.#detailOf(trace) ?? trace.data;
      if (data.kind === 'none') missing = true;
      return { trace, data };
    });
    const scene = {
      title,
      opts,
      layout,
      traces,
      theme: this.#theme,
      width,
      height,
      range: this.#range,
      own: this.#own,
    };
    return { scene, missing };
  }

  #detailOf(trace: TraceState): TraceData | undefined {
    if (trace.data.kind !== 'thinned') return undefined;
    for (const details of this.#details) {
      const data = details.get(trace.id);
      if (data) return data;
    }
    return undefined;
  }

  #zoomed(axis: string, range: Range | null): void {
    if (axis === 'x') {
      this.#range = range;
      this.#options.onzoom?.(range);
    }
    this.#touch();
  }

  /** Says to the env which lines this plot needs: none while it is off screen. */
  #want(scene: Scene | null = null): void {
    const { live } = this.#options;
    if (!this.#onScreen || !this.#painter) {
      for (const owner of this.#owners.values()) live.want({ owner, traces: [], range: null, widthPx: 1 });
      return;
    }
    const current = scene ?? this.#scene(this.#element.clientWidth, this.#element.clientHeight).scene;
    const widthPx = Math.max(1, Math.round(current.width * devicePixelRatio));
    const views = this.#painter.views(current);
    for (const { axis, traces, range, mostPx = Infinity } of views) {
      let owner = this.#owners.get(axis);
      if (!owner) this.#owners.set(axis, (owner = {}));
      live.want({
        owner,
        traces,
        range,
        widthPx: Math.min(widthPx, mostPx),
        onDetail: (lines) => this.#takeDetails(axis, lines),
      });
    }
    for (const [axis, owner] of this.#owners) {
      if (!views.some((view) => view.axis === axis))
        live.want({ owner, traces: [], range: null, widthPx: 1 });
    }
    for (const axis of this.#detailsOf.keys()) {
      if (!views.some((view) => view.axis === axis)) this.#takeDetails(axis, new Map());
    }
  }

  #takeDetails(axis: string, lines: ReadonlyMap<number, TraceData>): void {
    if (lines.size === 0 && !this.#detailsOf.has(axis)) return;
    this.#detailsOf.set(axis, lines);
    this.#details = [...this.#detailsOf.values()];
    this.#touch();
  }

  /** Says for tests, and for the first frame, what is on screen. */
  #showCount(points: number): void {
    this.#element.dataset['drawnPoints'] = String(points);
    hasDrawn();
  }

  #fail(message: string): void {
    this.#error = message;
    this.#showCount(0);
    this.#tell();
  }

  #tell(): void {
    const status = this.#describe();
    const last = this.#status;
    if (last && last.state === status.state && last.message === status.message && last.note === status.note)
      return;
    this.#status = status;
    this.#element.dataset['state'] = status.state;
    this.#options.onstatus?.(status);
  }

  #describe(): PlotStatus {
    const { live } = this.#options;
    let note: string | null = null;
    let size = ['annotations', 'shapes', 'images'].some((name) => name in this.#pane.layout) ? 1 : 0;
    for (const trace of this.#pane.traces) {
      const { data } = trace;
      if (data.kind === 'thinned') note ??= data.note;
      size += data.kind === 'none' ? trace.count : data.length;
      if (trace.columns.length === 0) size += 1;
    }
    if (this.#error) return { state: 'error', message: this.#error, note: null };
    if (this.#drawn === null) return { state: 'loading', message: null, note: null };
    if (live.connection === 'offline') {
      const seen = live.lastSeen?.toLocaleTimeString([], {
        hour: '2-digit',
        minute: '2-digit',
        hour12: false,
      });
      return { state: 'stale', message: seen ? `As of ${seen}` : 'Not connected', note };
    }
    if (size === 0) return { state: 'empty', message: null, note: null };
    return { state: 'ready', message: null, note };
  }
}
