/**
 * Metric panes. uPlot gives the axes, the cursor and the hand's zoom; the lines are drawn here, each from its own points, so that a
 * hundred envs need no common x. The values under the cursor, or the last ones, stand above.
 */

import 'uplot/dist/uPlot.min.css';
import './metric.css';

import uPlot from 'uplot';

import { nameNode } from '../lib/middle';
import type { Curve } from './metrics/curves';
import { nearest, valueUntil } from './metrics/curves';
import type { CursorTable } from './metrics/table';
import { metricPage, type MetricPage, type Pointed } from './metrics/page.svelte';
import { rangeOfX, reachOfY } from './metrics/ranges';
import { type PageSettings, type XAxis } from './metrics/settings';
import { isPlain, plain, type Given, type Shaped, type Shaper } from './metrics/shape';
import { draw, type Projection } from './metrics/strokes';
import { decadesIn, isFar, marksIn, rangeIn, unitOf, wholeDecades } from './metrics/units';
import { axisValues, sayX, spanSplits, TIME_STEPS_S } from './metrics/words';
import type { AxisView, MakePainter, Painter, PainterHost, Range, Scene } from './painter';
import { formatValue } from './series';
import type { Theme } from './theme';

export const paintMetric: MakePainter = (host) => new MetricPainter(host);

/** What a chart is built for; another value of it needs another chart. */
interface Shape {
  x: XAxis;
  dates: boolean;
  logX: boolean;
  logY: boolean;
}

/** Lines of many envs are asked for coarser: no more points than there is room for. */
const MOST_BUCKETS = 32_768;
const COARSEST_PX = 256;
/** Of so many lines the values stand in the table at the cursor only. */
const MOST_VALUES = 16;
/** More lines than these are counted where they would be named. */
const MOST_NAMED = 3;
/** So far from one mark of y to the next, at least. */
const MARK_PX = 34;
const PADDING = { pad: 0.1, soft: 0, mode: 3 } as const;

class MetricPainter implements Painter {
  readonly #host: PainterHost;
  readonly #page: MetricPage;
  readonly #root: HTMLElement;
  readonly #legend: HTMLElement;
  readonly #chart: HTMLElement;
  readonly #note: HTMLElement;
  readonly #hidden = new Set<number>();
  readonly #stops: (() => void)[] = [];
  #values: HTMLElement[] = [];
  #at: HTMLElement | null = null;
  #plot: uPlot | null = null;
  #shape: Shape = { x: 'step', dates: false, logX: false, logY: false };
  #shapeKey = '';
  #legendKey = '';
  #scene: Scene | null = null;
  #settings: PageSettings;
  #shaper: Shaper | null = null;
  #shaped: Shaped = { curves: [], notes: [], isWaiting: false };
  #shown: readonly Curve[] = [];
  #rangeX: Range = [0, 1];
  /** In units of y, which are ones unless values are very large or small. */
  #rangeY: Range = [0, 1];
  #unitY = 1;
  #left = 0;
  /** Where the cursor is, along x; null while it is elsewhere. */
  #pointed: number | null = null;
  /** The cursor is being moved because it moves in another pane. */
  #isTold = false;
  #table: CursorTable | null = null;

  constructor(host: PainterHost) {
    this.#host = host;
    this.#page = metricPage(host.live.name);
    this.#settings = this.#page.of(host.pane.key);
    this.#root = element('div', 'metric-plot');
    this.#legend = element('div', 'metric-legend');
    this.#chart = element('div', 'metric-chart');
    this.#chart.setAttribute('role', 'img');
    this.#note = element('p', 'metric-note');
    this.#root.append(this.#legend, this.#chart, this.#note);
    host.element.append(this.#root);
    this.#stops.push(
      this.#page.onSettings(() => this.#resettle()),
      this.#page.onPointed((pointed) => this.#follow(pointed)),
      this.#page.onZoom((x, range, from) => {
        if (from !== this && this.#settings.syncZoom && x === this.#settings.x) host.zoomed('x', range);
      }),
    );
    const zoomed = this.#page.zoomedTo(this.#settings.x);
    if (this.#settings.syncZoom && zoomed) host.zoomed('x', zoomed);
  }

  draw(scene: Scene): number | Promise<number> {
    const given = this.#given(scene);
    if (isPlain(given)) {
      this.#shaper?.destroy();
      this.#shaper = null;
      return this.#draw(scene, plain(given));
    }
    if (this.#shaper) return this.#draw(scene, this.#shaper.shape(given));
    return import('./metrics/shaper').then(({ makeShaper }) => {
      this.#shaper ??= makeShaper(() => this.#host.redraw());
      return this.#draw(scene, this.#shaper.shape(this.#given(scene)));
    });
  }

  views(scene: Scene): AxisView[] {
    const traces = scene.traces.map(({ trace }) => trace);
    const range = this.#settings.x === 'step' ? scene.range : null;
    const most = Math.max(COARSEST_PX, MOST_BUCKETS / traces.length);
    return [{ axis: 'x', traces, range, mostPx: most }];
  }

  reset(): void {
    this.#hidden.clear();
    this.#shapeKey = '';
    if (this.#settings.syncZoom) this.#page.zoom(this.#settings.x, null, this);
  }

  async toImage(): Promise<Blob> {
    const scene = this.#scene!;
    const drawn = this.#plot!.ctx.canvas;
    const ratio = drawn.width / this.#plot!.width;
    const head = Math.round(30 * ratio);
    const canvas = document.createElement('canvas');
    canvas.width = drawn.width;
    canvas.height = drawn.height + head;
    const context = canvas.getContext('2d')!;
    context.fillStyle = scene.theme.background;
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.fillStyle = scene.theme.text;
    context.font = `600 ${13 * ratio}px ${scene.theme.font}`;
    context.textBaseline = 'middle';
    context.fillText(scene.title, 10 * ratio, head / 2);
    context.drawImage(drawn, 0, head);
    return new Promise((resolve, reject) => {
      canvas.toBlob(
        (blob) => (blob ? resolve(blob) : reject(new Error('The picture could not be made.'))),
        'image/png',
      );
    });
  }

  destroy(): void {
    for (const stop of this.#stops) stop();
    this.#shaper?.destroy();
    this.#table?.hide(this);
    this.#plot?.destroy();
    this.#root.remove();
  }

  get #theme(): Theme {
    return this.#scene!.theme;
  }

  #given(scene: Scene): Given {
    return {
      drawables: scene.traces,
      settings: this.#settings,
      theme: scene.theme,
      live: this.#host.live,
      groups: this.#host.groups(),
      range: scene.range,
      widthPx: Math.round(scene.width * devicePixelRatio),
    };
  }

  #draw(scene: Scene, shaped: Shaped): number {
    this.#scene = scene;
    this.#shaped = shaped;
    const shape = shapeOf(scene, this.#settings);
    this.#shape = shape;
    this.#paintLegend(shaped.curves);
    this.#measure();
    this.#sayNotes();
    const hasOwnMarks = shape.logY && isFar(this.#rangeY);
    const key = JSON.stringify([shape, hasOwnMarks]);
    if (this.#plot === null || key !== this.#shapeKey) {
      this.#shapeKey = key;
      this.#plot?.destroy();
      this.#plot = new uPlot(this.#optionsFor(scene, shape, hasOwnMarks), [[...this.#rangeX]], this.#chart);
    } else {
      const { width, height } = this.#room(scene);
      if (this.#plot.width !== width || this.#plot.height !== height) this.#plot.setSize({ width, height });
      this.#plot.setData([[...this.#rangeX]]);
    }
    this.#tellValues();
    // With its values written, the legend may need another row.
    const { width, height } = this.#room(scene);
    if (this.#plot.height !== height) this.#plot.setSize({ width, height });
    return scene.traces.reduce((sum, { data }) => sum + (data.kind === 'none' ? 0 : data.length), 0);
  }

  /** Somebody chose other settings. */
  #resettle(): void {
    const before = this.#settings;
    this.#settings = this.#page.of(this.#host.pane.key);
    if (JSON.stringify(before) === JSON.stringify(this.#settings)) return;
    // A range of steps means nothing along another x.
    if (before.x !== this.#settings.x && this.#scene?.range) this.#host.zoomed('x', null);
    this.#host.redraw();
  }

  #room(scene: Scene): { width: number; height: number } {
    return {
      width: scene.width,
      height: Math.max(20, scene.height - this.#legend.offsetHeight - this.#note.offsetHeight),
    };
  }

  /** What is on screen, and how far it reaches. */
  #measure(): void {
    const { logX, logY } = this.#shape;
    this.#shown = this.#shaped.curves.filter(({ id }) => !this.#hidden.has(id));
    const chosen = this.#scene!.range;
    const all = rangeOfX(this.#shown, logX);
    this.#rangeX = usableX(chosen, all, logX);
    const { leavesOutliers } = this.#settings;
    const { range, left } = reachOfY(this.#shown, chosen && this.#rangeX, { isLog: logY, leavesOutliers });
    this.#left = left;
    this.#unitY = unitOf(range, logY);
    this.#rangeY = paddedY(rangeIn(this.#unitY, range), logY);
  }

  #optionsFor(scene: Scene, shape: Shape, hasOwnMarks: boolean): uPlot.Options {
    const stroke = (): string => this.#theme.muted;
    const axis: uPlot.Axis = {
      stroke,
      font: `11px ${scene.theme.font}`,
      grid: { stroke: () => this.#theme.grid, width: 1 },
      ticks: { stroke: () => this.#theme.grid, width: 1, size: 4 },
      gap: 4,
    };
    const isSpan = shape.x === 'relative';
    return {
      ...this.#room(scene),
      ms: 1,
      padding: [8, 26, 0, 0],
      legend: { show: false },
      scales: {
        x: {
          time: shape.dates,
          distr: shape.logX ? 3 : 1,
          range: () => [...this.#rangeX] as uPlot.Range.MinMax,
        },
        y: { distr: shape.logY ? 3 : 1, range: () => [...this.#rangeY] as uPlot.Range.MinMax },
      },
      axes: [
        {
          ...axis,
          size: 26,
          space: (_, __, ___, ____, room) => Math.max(64, room / 10),
          ...(shape.dates
            ? {}
            : isSpan
              ? { values: spanSplits, ...(shape.logX ? {} : { incrs: TIME_STEPS_S }) }
              : { values: axisValues }),
        },
        {
          ...axis,
          size: sizeOfYAxis,
          space: (_, __, ___, ____, room) => Math.max(MARK_PX, room / 8),
          values: (_, splits) => marksIn(this.#unitY, splits),
          ...(hasOwnMarks
            ? {
                // Any step will do: it is not used, but without one there are no marks.
                incrs: [Number.MAX_VALUE],
                splits: (plot) => decadesIn(this.#rangeY, Math.floor(plot.height / MARK_PX)),
                filter: (_, splits) => splits,
              }
            : {}),
        },
      ],
      series: [{}],
      cursor: {
        y: false,
        points: { show: false },
        drag: { x: true, y: false, setScale: false, dist: 4 },
        bind: {
          dblclick: () => () => {
            this.#zoomTo(null);
            return null;
          },
        },
      },
      hooks: {
        draw: [(plot) => this.#stroke(plot)],
        setCursor: [(plot) => this.#moved(plot)],
        setSelect: [(plot) => this.#zoomToSelection(plot)],
      },
    };
  }

  #stroke(plot: uPlot): void {
    draw(
      {
        context: plot.ctx,
        box: plot.bbox,
        x: projection(plot, 'x', this.#shape.logX),
        y: projection(plot, 'y', this.#shape.logY, this.#unitY),
        view: this.#rangeX,
        ratio: plot.ctx.canvas.width / plot.width,
      },
      this.#shown,
    );
  }

  #zoomToSelection(plot: uPlot): void {
    const { left, width } = plot.select;
    if (width < 4) return;
    const range: Range = [plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x')];
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.#zoomTo(range);
  }

  #zoomTo(range: Range | null): void {
    this.#host.zoomed('x', range);
    if (this.#settings.syncZoom) this.#page.zoom(this.#settings.x, range, this);
  }

  // -- the cursor

  #moved(plot: uPlot): void {
    const left = plot.cursor.left ?? -1;
    this.#pointed = left < 0 ? null : plot.posToVal(left, 'x');
    this.#tellValues();
    if (this.#isTold) return;
    const { x, syncCursor } = this.#settings;
    if (syncCursor) this.#page.point(this.#pointed === null ? null : { x, at: this.#pointed, from: this });
    this.#showTable(plot);
  }

  /** The cursor moved in another pane. */
  #follow(pointed: Pointed | null): void {
    const plot = this.#plot;
    if (!plot || !this.#scene || pointed?.from === this) return;
    const { x, syncCursor } = this.#settings;
    const [low, high] = this.#rangeX;
    const isHere =
      pointed !== null && syncCursor && pointed.x === x && pointed.at >= low && pointed.at <= high;
    if (!isHere && this.#pointed === null) return;
    this.#isTold = true;
    const left = isHere ? plot.valToPos(pointed.at, 'x') : -10;
    plot.setCursor({ left, top: isHere ? 0 : -10 });
    this.#isTold = false;
  }

  /** The values of all lines under the cursor, beside it. */
  #showTable(plot: uPlot): void {
    if (this.#pointed === null || this.#shown.length < 2) {
      this.#table?.hide(this);
      return;
    }
    if (!this.#table) {
      void import('./metrics/table').then(({ cursorTable }) => {
        this.#table = cursorTable;
        if (this.#plot) this.#showTable(this.#plot);
      });
      return;
    }
    const { left, top } = plot.over.getBoundingClientRect();
    const y = plot.cursor.top ?? 0;
    this.#table.show(this, {
      curves: this.#shown,
      at: this.#pointed,
      heading: this.#sayX(this.#nearestX(this.#pointed)),
      tolerance: (this.#rangeX[1] - this.#rangeX[0]) / 50,
      value: plot.posToVal(y, 'y') * this.#unitY,
      isLog: this.#shape.logY,
      page: [left + (plot.cursor.left ?? 0), top + y],
    });
  }

  /** x of the point nearest to a place, among all lines. */
  #nearestX(at: number): number {
    let best = at;
    let distance = Infinity;
    for (const { points } of this.#shown) {
      const place = nearest(points, at);
      const away = place < 0 ? Infinity : Math.abs(points.x[place]! - at);
      if (away < distance) [best, distance] = [points.x[place]!, away];
    }
    return best;
  }

  #sayX(at: number): string {
    return sayX(at, this.#settings.x, this.#shape.dates);
  }

  // -- the legend

  #paintLegend(curves: readonly Curve[]): void {
    const key = JSON.stringify(curves.map(({ id, label }) => [id, label]));
    if (key !== this.#legendKey) {
      this.#legendKey = key;
      this.#buildLegend(curves);
    }
    this.#legend.querySelectorAll('button').forEach((button, i) => {
      const { id, colour } = curves[i]!;
      button.setAttribute('aria-pressed', String(!this.#hidden.has(id)));
      button.querySelector('i')!.style.background = colour;
    });
  }

  #buildLegend(curves: readonly Curve[]): void {
    this.#values = [];
    const several = curves.length > 1;
    this.#legend.classList.toggle('several', several);
    const lines = element('div', 'lines');
    for (const { id, label } of curves) {
      const value = element('b');
      if (curves.length <= MOST_VALUES) this.#values.push(value);
      if (!several) {
        lines.append(value);
        continue;
      }
      const button = element('button');
      button.type = 'button';
      button.title = label;
      button.setAttribute('aria-label', label);
      const name = element('span', 'cut');
      name.append(nameNode(label));
      button.append(element('i'), name, value);
      button.addEventListener('click', () => this.#toggle(id));
      lines.append(button);
    }
    this.#at = element('span', 'at');
    this.#legend.replaceChildren(lines, this.#at);
  }

  #toggle(id: number): void {
    if (!this.#hidden.delete(id)) this.#hidden.add(id);
    this.#host.redraw();
  }

  /** Writes the values under the cursor, or the last ones. */
  #tellValues(): void {
    const scene = this.#scene;
    if (!scene || !this.#at) return;
    const { curves } = this.#shaped;
    const edge = scene.range?.[1] ?? Infinity;
    const pointed = this.#pointed;
    let end = -Infinity;
    curves.forEach(({ label, points }, i) => {
      if (pointed === null && points.x.length > 0) end = Math.max(end, lastWithin(points.x, edge));
      const shown = this.#values[i];
      if (!shown) return;
      const value = pointed === null ? valueUntil(points, edge) : points.y[nearest(points, pointed)];
      const text = formatValue(value);
      if (shown.textContent === text) return;
      shown.textContent = text;
      shown.closest('button')?.setAttribute('aria-label', `${label} ${text}`);
    });
    const at = pointed === null ? end : this.#nearestX(pointed);
    const text = Number.isFinite(at) ? this.#sayX(at) : '';
    if (this.#at.textContent !== text) this.#at.textContent = text;
    if (pointed === null) this.#describe(text);
  }

  /** What the chart shows, for those who do not see it. */
  #describe(at: string): void {
    const { curves } = this.#shaped;
    const values = curves
      .slice(0, 12)
      .map(({ label, points }) => `${label} ${formatValue(valueUntil(points, Infinity))}`);
    if (curves.length > values.length) values.push(`and ${curves.length - values.length} more`);
    this.#chart.setAttribute(
      'aria-label',
      `${this.#scene!.title}: line chart. At ${at}: ${values.join(', ')}`,
    );
  }

  // -- what is not shown, in words

  #sayNotes(): void {
    const notes = [...this.#shaped.notes];
    const { logX, logY } = this.#shape;
    // Of lines that are thinned not all values are here to be counted.
    const isWhole = !this.#scene!.traces.some(({ data }) => data.kind === 'thinned' && data.bucket > 1);
    if (logY) notes.push(...sayLost(this.#lostY(), 'y', isWhole));
    if (logX) notes.push(...sayLost(this.#lostX(), 'x', isWhole));
    if (this.#left > 0) notes.push(`${isWhole ? count(this.#left, 'outlier') : 'Outliers'} out of sight.`);
    notes.push(...sayEmpty(this.#shown));
    const text = notes.join(' ');
    if (this.#note.textContent !== text) this.#note.textContent = text;
  }

  #lostY(): number {
    return this.#shown.reduce((sum, { points, behind }) => sum + notPositive((behind ?? points).y), 0);
  }

  #lostX(): number {
    return this.#shown.reduce((sum, { points }) => sum + notPositive(points.x), 0);
  }
}

function shapeOf(scene: Scene, { x, logX, logY }: PageSettings): Shape {
  const { opts, layout } = scene;
  const isSaid = (axis: 'x' | 'y'): boolean =>
    opts[`${axis}type`] === 'log' || (layout[`${axis}axis`] as { type?: string } | undefined)?.type === 'log';
  const dates = x === 'wall' || (x === 'step' && scene.traces.some(({ trace }) => trace.dates));
  // What a program says of x, it says of steps.
  return { x, dates, logX: !dates && (logX ?? (x === 'step' && isSaid('x'))), logY: logY ?? isSaid('y') };
}

/** The range on the axis: what was chosen, as far as it can be shown, else all there is. */
function usableX(chosen: Range | null, all: Range | null, isLog: boolean): Range {
  const [low, high] = chosen ?? all ?? [isLog ? 1 : 0, isLog ? 10 : 1];
  if (isLog && high <= 0) return [1, 10];
  const from = isLog && low <= 0 ? Math.min(all?.[0] ?? high / 10, high / 2) : low;
  if (from < high) return [from, high];
  return isLog ? [from / 2, from * 2] : [from - 0.5, from + 0.5];
}

function paddedY(range: Range | null, isLog: boolean): Range {
  if (!range) return isLog ? [1, 10] : [0, 1];
  if (isLog && isFar(range)) return wholeDecades(range);
  const [low, high] = range;
  const padded = isLog
    ? uPlot.rangeLog(low, high, 10, false)
    : uPlot.rangeNum(low, high, { min: PADDING, max: PADDING });
  return [padded[0] ?? low, padded[1] ?? high];
}

function projection(plot: uPlot, key: 'x' | 'y', isLog: boolean, unit = 1): Projection {
  const { min = 0, max = 1 } = plot.scales[key] as { min?: number; max?: number };
  const [from, to] = [plot.valToPos(min, key, true), plot.valToPos(max, key, true)];
  const [low, high] = isLog ? [Math.log10(min), Math.log10(max)] : [min, max];
  const scale = (to - from) / (high - low);
  return { offset: from - scale * low, scale: scale / unit, isLog };
}

function notPositive(values: ArrayLike<number>): number {
  let lost = 0;
  for (let i = 0; i < values.length; i++) if (values[i]! <= 0) lost++;
  return lost;
}

function count(n: number, what: string): string {
  return n === 1 ? `1 ${what}` : `${formatValue(n)} ${what}s`;
}

function sayLost(lost: number, axis: 'x' | 'y', isWhole: boolean): string[] {
  if (lost === 0) return [];
  const where = axis === 'x' ? ' of x' : '';
  const what = isWhole ? count(lost, 'value') : 'Values';
  return [
    `${what}${where} at or below zero ${isWhole && lost === 1 ? 'is' : 'are'} not shown on a logarithmic axis.`,
  ];
}

/** Why a line is not to be seen though it has points. */
function sayEmpty(curves: readonly Curve[]): string[] {
  const empty = curves.filter(({ points }) => points.x.length > 0 && !hasFinite(points.y));
  if (empty.length === 0) return [];
  if (empty.length === curves.length) return ['Nothing can be drawn: all values are NaN or infinite.'];
  const names = empty.slice(0, MOST_NAMED).map(({ label }) => label);
  const more = empty.length > names.length ? ` and ${empty.length - names.length} more` : '';
  return [`All values of ${names.join(', ')}${more} are NaN or infinite.`];
}

function hasFinite(values: ArrayLike<number>): boolean {
  for (let i = 0; i < values.length; i++) if (Number.isFinite(values[i])) return true;
  return false;
}

function lastWithin(x: ArrayLike<number>, edge: number): number {
  let place = x.length - 1;
  while (place > 0 && x[place]! > edge) place--;
  return x[place]!;
}

/** Room for the longest number beside the chart; grows in steps so that a live chart does not twitch. */
function sizeOfYAxis(_: uPlot, values: string[] | null): number {
  const longest = (values ?? []).reduce((length, value) => Math.max(length, value.length), 2);
  return Math.max(36, 14 + Math.ceil(longest * 6.4));
}

function element<K extends keyof HTMLElementTagNameMap>(tag: K, className = ''): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (className) made.className = className;
  return made;
}
