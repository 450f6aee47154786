/** Metric panes, drawn by uPlot: lines that redraw in a few milliseconds, with the values under the cursor written above them. */

import 'uplot/dist/uPlot.min.css';
import './metric.css';

import uPlot from 'uplot';

import type { TraceState } from '../live/types';
import type { MakePainter, Painter, PainterHost, Range, Scene } from './painter';
import { align, formatValue, type Aligned } from './series';
import { dataColor, type Theme } from './theme';

export const paintMetric: MakePainter = (host) => new MetricPainter(host);

/** What a chart is built for; another value of it needs another chart. */
interface Shape {
  traces: string;
  dates: boolean;
  logX: boolean;
  logY: boolean;
}

class MetricPainter implements Painter {
  readonly #host: PainterHost;
  readonly #root: HTMLElement;
  readonly #legend: HTMLElement;
  readonly #chart: HTMLElement;
  readonly #hidden = new Set<number>();
  #values: HTMLElement[] = [];
  #at: HTMLElement | null = null;
  #plot: uPlot | null = null;
  #shape = '';
  #scene: Scene | null = null;
  #data: Aligned = [[]];

  constructor(host: PainterHost) {
    this.#host = host;
    this.#root = element('div', 'metric-plot');
    this.#legend = element('div', 'metric-legend');
    this.#chart = element('div', 'metric-chart');
    this.#chart.setAttribute('role', 'img');
    this.#root.append(this.#legend, this.#chart);
    host.element.append(this.#root);
  }

  draw(scene: Scene): number {
    const shape = shapeOf(scene);
    const key = JSON.stringify(shape);
    this.#scene = scene;
    this.#data = align(scene.traces, shape.logY);
    if (this.#plot === null || key !== this.#shape) {
      this.#shape = key;
      this.#plot?.destroy();
      this.#buildLegend(scene);
      this.#plot = new uPlot(this.#optionsFor(scene, shape), this.#data as uPlot.AlignedData, this.#chart);
    } else {
      this.#paintLegend(scene);
      const { width, height } = this.#room(scene);
      if (this.#plot.width !== width || this.#plot.height !== height) this.#plot.setSize({ width, height });
      this.#plot.setData(this.#data as uPlot.AlignedData);
    }
    this.#tellValues();
    // With its values written, the legend may need another row.
    const { width, height } = this.#room(scene);
    if (this.#plot.height !== height) this.#plot.setSize({ width, height });
    return scene.traces.reduce((sum, { data }) => sum + (data.kind === 'none' ? 0 : data.length), 0);
  }

  views(scene: Scene): { axis: string; traces: readonly TraceState[]; range: Range | null }[] {
    return [{ axis: 'x', traces: scene.traces.map(({ trace }) => trace), range: scene.range }];
  }

  reset(): void {
    this.#hidden.clear();
    this.#shape = '';
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
    this.#plot?.destroy();
    this.#root.remove();
  }

  get #theme(): Theme {
    return this.#scene!.theme;
  }

  #room(scene: Scene): { width: number; height: number } {
    return { width: scene.width, height: Math.max(20, scene.height - this.#legend.offsetHeight) };
  }

  #optionsFor(scene: Scene, shape: Shape): uPlot.Options {
    const stroke = (): string => this.#theme.muted;
    const axis: uPlot.Axis = {
      stroke,
      font: `11px ${scene.theme.font}`,
      grid: { stroke: () => this.#theme.grid, width: 1 },
      ticks: { stroke: () => this.#theme.grid, width: 1, size: 4 },
      gap: 4,
    };
    return {
      ...this.#room(scene),
      ms: 1,
      padding: [8, 26, 0, 0],
      legend: { show: false },
      scales: {
        x: {
          time: shape.dates,
          distr: shape.logX ? 3 : 1,
          range: (_, min, max) => this.#rangeOfX(min, max),
        },
        y: { distr: shape.logY ? 3 : 1 },
      },
      axes: [
        {
          ...axis,
          size: 26,
          space: (_, __, ___, ____, room) => Math.max(64, room / 10),
          ...(shape.dates ? {} : { values: axisValues }),
        },
        {
          ...axis,
          size: sizeOfYAxis,
          space: (_, __, ___, ____, room) => Math.max(34, room / 8),
          values: axisValues,
        },
      ],
      series: [
        {},
        ...scene.traces.map(({ trace }, i) => ({
          label: trace.name,
          stroke: () => colorOf(trace, i, this.#theme),
          width: 1.5,
          show: !this.#hidden.has(trace.id),
          points: { size: 5, fill: () => colorOf(trace, i, this.#theme) },
        })),
      ],
      cursor: {
        y: false,
        points: { size: 7 },
        drag: { x: true, y: false, setScale: false, dist: 4 },
        bind: {
          dblclick: () => () => {
            this.#host.zoomed('x', null);
            return null;
          },
        },
      },
      hooks: {
        setCursor: [() => this.#tellValues()],
        setSelect: [(plot) => this.#zoomToSelection(plot)],
      },
    };
  }

  #rangeOfX(min: number | null, max: number | null): [number, number] {
    const chosen = this.#scene?.range;
    if (chosen) return [chosen[0], chosen[1]];
    if (min === null || max === null || !Number.isFinite(min) || !Number.isFinite(max)) return [0, 1];
    return min === max ? [min - 0.5, max + 0.5] : [min, max];
  }

  #zoomToSelection(plot: uPlot): void {
    const { left, width } = plot.select;
    if (width < 4) return;
    const range: Range = [plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x')];
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.#host.zoomed('x', range);
  }

  /** The last point that is on screen. */
  #endOfView(): number {
    const [x] = this.#data;
    const edge = this.#scene?.range?.[1] ?? Infinity;
    let index = x.length - 1;
    while (index > 0 && x[index]! > edge) index--;
    return index;
  }

  #buildLegend(scene: Scene): void {
    this.#legend.replaceChildren();
    this.#values = [];
    const several = scene.traces.length > 1;
    this.#legend.classList.toggle('several', several);
    for (const { trace } of scene.traces) {
      const value = element('b');
      this.#values.push(value);
      if (!several) {
        this.#legend.append(value);
        continue;
      }
      const button = element('button');
      button.type = 'button';
      button.append(element('i'), trace.name, ' ', value);
      button.addEventListener('click', () => this.#toggle(trace.id));
      this.#legend.append(button);
    }
    this.#at = element('span', 'at');
    this.#legend.append(this.#at);
    this.#paintLegend(scene);
  }

  #paintLegend(scene: Scene): void {
    const buttons = this.#legend.querySelectorAll('button');
    buttons.forEach((button, i) => {
      const { trace } = scene.traces[i]!;
      button.setAttribute('aria-pressed', String(!this.#hidden.has(trace.id)));
      button.querySelector('i')!.style.background = colorOf(trace, i, scene.theme);
    });
  }

  #toggle(trace: number): void {
    if (!this.#hidden.delete(trace)) this.#hidden.add(trace);
    const index = this.#scene!.traces.findIndex((drawable) => drawable.trace.id === trace);
    this.#plot?.setSeries(index + 1, { show: !this.#hidden.has(trace) });
    this.#paintLegend(this.#scene!);
  }

  /** Writes the values under the cursor, or the last ones. */
  #tellValues(): void {
    const scene = this.#scene;
    if (!scene || !this.#at) return;
    const [x, ...columns] = this.#data;
    const hovered = this.#plot?.cursor.idx ?? null;
    const end = this.#endOfView();
    const at = hovered ?? end;
    columns.forEach((column, i) => {
      const index = hovered === null ? lastValue(column, end) : (this.#plot?.cursor.idxs?.[i + 1] ?? hovered);
      const text = formatValue(column[index]);
      const value = this.#values[i];
      if (value && value.textContent !== text) value.textContent = text;
    });
    const dates = scene.traces.some(({ trace }) => trace.dates);
    const step = x[at];
    const text =
      step === undefined ? '' : dates ? new Date(step).toLocaleString() : `step ${formatValue(step)}`;
    if (this.#at.textContent !== text) this.#at.textContent = text;
    if (hovered === null) {
      const values = scene.traces.map(
        ({ trace }, i) => `${trace.name} ${this.#values[i]?.textContent ?? ''}`,
      );
      this.#chart.setAttribute('aria-label', `${scene.title}: line chart. At ${text}: ${values.join(', ')}`);
    }
  }
}

function shapeOf(scene: Scene): Shape {
  const { opts, layout } = scene;
  const isLog = (axis: 'x' | 'y'): boolean =>
    opts[`${axis}type`] === 'log' || (layout[`${axis}axis`] as { type?: string } | undefined)?.type === 'log';
  return {
    traces: JSON.stringify(scene.traces.map(({ trace }) => [trace.id, trace.name])),
    dates: scene.traces.some(({ trace }) => trace.dates),
    logX: isLog('x'),
    logY: isLog('y'),
  };
}

/** The trace's own colour where it has one. */
function colorOf(trace: TraceState, index: number, theme: Theme): string {
  const line = trace.attrs['line'] as { color?: unknown } | undefined;
  return typeof line?.color === 'string' ? line.color : dataColor(theme, index);
}

function lastValue(column: readonly (number | null | undefined)[], end: number): number {
  let index = end;
  while (index > 0 && column[index] == null) index--;
  return index;
}

function axisValues(_: uPlot, splits: (number | null)[]): string[] {
  return splits.map((value) => (value === null ? '' : formatValue(Number(value.toPrecision(12)))));
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
